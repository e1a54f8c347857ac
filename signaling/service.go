package signaling

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/livekit/protocol/livekit"
	"github.com/twitchtv/twirp"
	"google.golang.org/protobuf/proto"

	"github.com/easel-live/easel/signaling/token"
)

// service is LiveKit's RoomService: what programs do to rooms without joining
// them. Its methods are called by HTTP handlers; what they touch of a room they
// touch on the room's goroutine, and what they return is a copy.
type service struct{ server *Server }

var _ livekit.RoomService = service{}

// powersKey finds the caller's token.Powers in a request's context.
type powersKey struct{}

// serveTwirp answers RoomService over Twirp, POST /twirp/livekit.RoomService/…
func (s *Server) serveTwirp() http.Handler {
	rooms := livekit.NewRoomServiceServer(service{s})
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		raw, _ := strings.CutPrefix(req.Header.Get("Authorization"), "Bearer ")
		powers, err := s.cfg.Keys.Powers(strings.TrimSpace(raw))
		if err != nil {
			if err := twirp.WriteError(w, twirp.NewError(twirp.Unauthenticated, err.Error())); err != nil {
				s.cfg.Log.Debug("refusal not written", "error", err)
			}
			return
		}
		req.Body = http.MaxBytesReader(w, req.Body, s.cfg.Limits.RequestBytes)
		rooms.ServeHTTP(w, req.WithContext(context.WithValue(req.Context(), powersKey{}, powers)))
	})
}

func powersOf(ctx context.Context) token.Powers {
	p, _ := ctx.Value(powersKey{}).(token.Powers)
	return p
}

// inRoom runs fn on the goroutine of an open room that the caller may run.
func (s service) inRoom(ctx context.Context, name string, fn func(*liveRoom) error) error {
	if err := powersOf(ctx).Over(name); err != nil {
		return twirp.NewError(twirp.PermissionDenied, err.Error())
	}
	return s.onRoom(name, fn)
}

func (s service) onRoom(name string, fn func(*liveRoom) error) error {
	r := s.server.find(name)
	err := errNoRoom
	if r != nil {
		r.call(func() {
			if !r.closed {
				err = fn(r)
			}
		})
	}
	return twirpError(err)
}

// ofParticipant runs fn on the goroutine of somebody's room.
func (s service) ofParticipant(ctx context.Context, name, identity string, fn func(*participant) error) error {
	return s.inRoom(ctx, name, func(r *liveRoom) error {
		p := r.present[identity]
		if p == nil {
			return fmt.Errorf("%w: %q", errNobody, identity)
		}
		return fn(p)
	})
}

// Why a request about a room fails.
var (
	errNoRoom    = errors.New("no such room is open")
	errNobody    = errors.New("no such participant")
	errNoTrack   = errors.New("no such track")
	errArgument  = errors.New("bad request")
	errProtected = errors.New("what begins with " + ownTopics + " is the server's alone")
	errState     = errors.New("not in this state")
)

// twirpError gives an error its Twirp code.
func twirpError(err error) error {
	var coded twirp.Error
	code := twirp.Internal
	switch {
	case err == nil:
		return nil
	case errors.As(err, &coded):
		return coded
	case errors.Is(err, errNoRoom), errors.Is(err, errNobody), errors.Is(err, errNoTrack), errors.Is(err, errRoomClosed):
		code = twirp.NotFound
	case errors.Is(err, errArgument):
		code = twirp.InvalidArgument
	case errors.Is(err, errProtected):
		code = twirp.PermissionDenied
	case errors.Is(err, errState):
		code = twirp.FailedPrecondition
	case errors.Is(err, errTooManyRooms):
		code = twirp.ResourceExhausted
	case errors.Is(err, errShutdown):
		code = twirp.Unavailable
	}
	return twirp.NewError(code, err.Error())
}

// copyOf keeps what leaves the room's goroutine from changing.
func copyOf[M proto.Message](m M) M { return proto.CloneOf(m) }

// ForwardParticipant is refused: there is no other node to forward to.
func (service) ForwardParticipant(context.Context, *livekit.ForwardParticipantRequest) (*livekit.ForwardParticipantResponse, error) {
	return nil, unsupported("forwarding participants")
}

// MoveParticipant is refused: a room is a canvas, with its own control of it.
func (service) MoveParticipant(context.Context, *livekit.MoveParticipantRequest) (*livekit.MoveParticipantResponse, error) {
	return nil, unsupported("moving participants between rooms")
}

// PerformRpc is refused: a participant calls another by data packets, which pass.
func (service) PerformRpc(context.Context, *livekit.PerformRpcRequest) (*livekit.PerformRpcResponse, error) {
	return nil, unsupported("calling participants from outside")
}

func unsupported(what string) error {
	return twirp.NewError(twirp.Unimplemented, what+" is not supported")
}
