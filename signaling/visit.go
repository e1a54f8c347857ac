package signaling

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/livekit/protocol/livekit"

	"github.com/easel-live/easel/collab"
	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/sfu"
	"github.com/easel-live/easel/signaling/token"
	"github.com/easel-live/easel/wire"
)

// errSettling refuses input while the last lease's keys and buttons still go up.
var errSettling = errors.New("control of the canvas is changing hands")

// Window is how somebody sees and touches the canvas without media: through the
// VNC gateway. No call blocks.
type Window interface {
	// Lease says whose hand it is now. If something pressed under an earlier
	// generation must be let go of first, it reports true and calls released
	// once that has happened; otherwise it never calls it.
	Lease(l wire.Lease, released func()) (waits bool)
	// Tell passes on a word: see word.go.
	Tell(word []byte)
	// Dismiss ends it; the reason is for people.
	Dismiss(reason string)
}

// Visit is somebody's stay at a window. With a signal connection of the same
// identity it is one stay: media and data may fail, and the stay goes on.
type Visit struct {
	room     *liveRoom
	identity string
	window   Window
	whose    atomic.Pointer[participant] // another after joining anew
}

// VerifyVisitor says whether a token lets a person look at a canvas.
func (s *Server) VerifyVisitor(raw string) error {
	_, err := s.visitor(raw)
	return err
}

func (s *Server) visitor(raw string) (*token.Claims, error) {
	claims, err := s.cfg.Keys.Verify(raw)
	if err == nil && (claims.Role == room.Agent || !claims.Subscribe) {
		err = fmt.Errorf("%w: it is not for looking", token.ErrForbidden)
	}
	return claims, err
}

// Visit takes a person in at a window; an earlier window of theirs is closed.
func (s *Server) Visit(raw string, w Window) (*Visit, error) {
	claims, err := s.visitor(raw)
	if err != nil {
		return nil, err
	}
	for {
		r, err := s.open(claims.Room)
		if err != nil {
			return nil, err
		}
		v := &Visit{room: r, identity: claims.Identity, window: w}
		err = errRoomClosed
		r.call(func() { err = r.visit(claims, v) })
		if !errors.Is(err, errRoomClosed) {
			return v, err
		}
	}
}

// visit runs on the room's goroutine.
func (r *liveRoom) visit(claims *token.Claims, v *Visit) error {
	p := r.present[claims.Identity]
	role, barred := r.mayEnter(claims)
	switch {
	case r.closed:
		return errRoomClosed
	case barred != nil:
		return barred
	case p != nil && p.claims.Role == room.Agent:
		return token.ErrForbidden
	case p == nil && len(r.present) >= int(r.info.GetMaxParticipants()):
		return errRoomFull
	case p == nil:
		p = r.joinAtWindow(claims, role)
	case r.arbiter.Lease().Holder == claims.Identity:
		// What was pressed on the way before is let go of; input counts anew.
		r.arbiter.Renew(time.Now())
		r.tend()
	}
	v.whose.Store(p)
	if before := p.visit.Swap(v); before != nil {
		before.window.Dismiss("the canvas was opened in another window")
	}
	v.tellState()
	v.tellSaid(r.chat.History()...)
	v.window.Lease(r.arbiter.Lease(), func() {}) // it is new: nothing is pressed there
	return nil
}

// joinAtWindow takes somebody in who has no signal connection.
func (r *liveRoom) joinAtWindow(claims *token.Claims, role room.Role) *participant {
	p := newParticipant(r, claims, role, &joinParams{})
	p.state, p.connected = livekit.ParticipantInfo_ACTIVE, true
	p.media.stop() // there is none
	r.empty.Stop()
	r.used = true
	r.present[claims.Identity] = p
	r.rebuildRoster()
	r.arbiter.Join(claims.Identity, role, time.Now())
	r.server.metrics.participants.WithLabelValues(string(role)).Inc()
	r.server.cfg.Observer.Joined(r.name, p.person())
	r.server.cfg.Observer.Connected(r.name, p.person())
	p.hookPerson(eventParticipantJoined)
	p.log.Info("joined at a window", "role", role)
	r.announce(p)
	r.tend()
	return p
}

// Room is the room's name.
func (v *Visit) Room() string { return v.room.name }

// Identity is the person's.
func (v *Visit) Identity() string { return v.identity }

// Admit decides whether the person's hand may do this now.
func (v *Visit) Admit(in *wire.Input) error {
	p := v.whose.Load()
	if !p.claims.Data {
		return token.ErrForbidden
	}
	return p.admit(in)
}

// Hear acts on a word of the person's client: an echo, or what found no data
// channel.
func (v *Visit) Hear(word []byte) {
	p := v.whose.Load()
	said, err := readWord(word)
	if err == nil && said.Type == "echo" {
		v.window.Tell(echoed)
		return
	}
	var kind sfu.DataKind
	var packets [][]byte
	if err == nil {
		kind, packets, err = said.packets(time.Now())
	}
	if err != nil {
		p.drop("malformed")
		p.log.Debug("word refused", "error", err)
		return
	}
	for _, raw := range packets {
		p.onData(kind, raw)
	}
}

// Leave ends the visit, and the stay unless a signal connection carries it on.
func (v *Visit) Leave() {
	r := v.room
	r.post(func() {
		p := v.whose.Load()
		if p.gone || !p.visit.CompareAndSwap(v, nil) {
			return
		}
		if p.link.Load() == nil && p.timers.resume == nil {
			r.remove(p, livekit.DisconnectReason_CLIENT_INITIATED, nil)
			return
		}
		// Whatever was pressed is up; input now comes another way and counts anew.
		if r.arbiter.Lease().Holder == v.identity {
			r.arbiter.Renew(time.Now())
			r.tend()
		}
	})
}

// part ends the signal connection's side of a stay: all of it, unless there is a
// window.
func (r *liveRoom) part(p *participant, why livekit.DisconnectReason, word *livekit.LeaveRequest) {
	if p.visit.Load() == nil {
		r.remove(p, why, word)
		return
	}
	p.timers.stop()
	p.timers.resume = nil
	p.hangUp(why, word)
	p.media.stop()
	p.log.Info("goes on at a window", "reason", why.String())
}

// admit puts input to the lease. News of it is the room's to tell.
func (p *participant) admit(in *wire.Input) error {
	news, err := false, errSettling
	// A tenure that everybody knows of, or that has begun, goes on while changes are
	// told: its releases above all.
	r := p.room
	if r.settling.Load() == 0 || in.Generation == r.known.Load() || in.Generation == r.begun.Load() {
		if news, err = r.arbiter.Admit(p.claims.Identity, in, time.Now()); err == nil {
			r.begun.Store(in.Generation)
		}
	}
	if err != nil {
		p.room.server.metrics.refused.WithLabelValues(reasonWord(err)).Inc()
	}
	if lost := errors.Is(err, collab.ErrPress) || err == errSettling && in.Presses(); lost && p.data.commands.Allow() {
		p.refuse(&wire.Control{Code: reasonWord(err), Reason: err.Error(), Generation: in.Generation})
	}
	if news {
		p.room.post(p.room.tend)
	}
	return err
}

// settle tells the lease to all windows and runs then once nothing that was
// pressed at one of them under an earlier lease is down. RFB input reaches the
// display on its own way: were the new lease told before, a press of the next
// holder could overtake a release of the last one.
func (r *liveRoom) settle(lease wire.Lease, then func()) {
	for _, p := range r.present {
		v := p.visit.Load()
		if v == nil {
			continue
		}
		r.settling.Add(1)
		released := func() {
			if r.settling.Add(-1) == 0 {
				r.post(then)
			}
		}
		if !v.window.Lease(lease, released) {
			r.settling.Add(-1)
		}
	}
	if r.settling.Load() == 0 {
		then()
	}
}

// sendAtWindow passes a data packet on to somebody's window.
func (p *participant) sendAtWindow(v *Visit, kind sfu.DataKind, raw []byte) {
	word, err := wordOf(kind, raw)
	if err != nil {
		p.log.Debug("data packet not put into a word", "error", err)
		return
	}
	if word != nil {
		v.window.Tell(word)
	}
}
