package signaling

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/livekit/protocol/livekit"

	"github.com/easel-live/easel/collab"
	"github.com/easel-live/easel/sfu"
)

// Why a room does not take somebody in.
var (
	errRoomClosed = errors.New("the room has closed")
	errRoomFull   = errors.New("the room is full")
	errNoSuchStay = errors.New("no such participant to resume")
)

// liveRoom is an open room. Its goroutine owns everything below "owned"; others
// post to it, or use the parts that are safe for them.
type liveRoom struct {
	name    string
	server  *Server
	log     *slog.Logger
	arbiter *collab.Arbiter        // locks itself
	media   *sfu.Room              // locks itself
	roster  atomic.Pointer[roster] // immutable; rebuilt when somebody comes or goes
	chat    collab.Chat            // locks itself

	presence presence
	// settling counts the windows where an earlier lease's releases are under way.
	settling atomic.Int32
	known    atomic.Uint32 // the generation that everyone was told last
	begun    atomic.Uint32 // the generation that input was admitted under last
	door     door          // locks itself

	ops     chan func()
	done    chan struct{}  // the room's goroutine has ended
	workers sync.WaitGroup // the participants' media workers

	// Owned by the room's goroutine.
	info    *livekit.Room
	present map[string]*participant // by identity
	news    news
	notes   map[string]json.RawMessage // of the metadata, besides the lease
	// How long it stays open: before anybody came, and after everybody left.
	unused, deserted time.Duration
	used             bool // somebody has been here
	closed           bool
	empty            *time.Timer
	house            House       // that observers were told last
	told             uint32      // revision of the lease that everyone was told last
	due              *time.Timer // when something happens to the lease by time alone
}

// opsBacklog is how many operations may wait for the room's goroutine before
// whoever asks waits too.
const opsBacklog = 256

func newRoom(s *Server, name string) *liveRoom {
	now := time.Now()
	r := &liveRoom{
		name: name, server: s, log: s.cfg.Log.With("room", name),
		arbiter: collab.NewArbiter(), media: s.cfg.Engine.NewRoom(name),
		ops: make(chan func(), opsBacklog), done: make(chan struct{}),
		present: make(map[string]*participant),
		unused:  s.cfg.Times.EmptyRoom, deserted: s.cfg.Times.EmptyRoom,
		info: &livekit.Room{
			Sid: newID("RM_"), Name: name,
			CreationTime: now.Unix(), CreationTimeMs: now.UnixMilli(),
			EmptyTimeout:     uint32(s.cfg.Times.EmptyRoom / time.Second),
			DepartureTimeout: uint32(s.cfg.Times.EmptyRoom / time.Second),
			MaxParticipants:  uint32(s.cfg.Limits.Participants),
			EnabledCodecs:    publishCodecs(),
		},
	}
	r.roster.Store(&roster{})
	r.house = s.cfg.Recall(name)
	r.arbiter.Restore(r.house.Rules)
	r.house.Rules = r.arbiter.Lease().Rules
	r.door.let(r.house.Inside)
	r.info.Metadata = r.metadata(r.arbiter.Lease())
	return r
}

// run owns the room until it closes and the last media worker has ended.
func (r *liveRoom) run() {
	defer close(r.done)
	r.server.cfg.Observer.RoomOpened(r.name)
	r.hookRoom(eventRoomStarted)
	r.armEmpty()
	for !r.closed {
		(<-r.ops)()
	}
	stopped := make(chan struct{})
	go func() {
		r.workers.Wait()
		close(stopped)
	}()
	for waiting := true; waiting; {
		select {
		case op := <-r.ops:
			op()
		case <-stopped:
			waiting = false
		}
	}
	r.media.Close()
	r.hookRoom(eventRoomFinished)
	r.server.cfg.Observer.RoomClosed(r.name)
}

// post has the room's goroutine run fn, soon. It reports false when the room
// has ended.
func (r *liveRoom) post(fn func()) bool {
	select {
	case r.ops <- fn:
		return true
	case <-r.done:
		return false
	}
}

// call has the room's goroutine run fn and waits for it. Never called by that
// goroutine itself.
func (r *liveRoom) call(fn func()) bool {
	ran := make(chan struct{})
	if !r.post(func() { fn(); close(ran) }) {
		return false
	}
	select {
	case <-ran:
		return true
	case <-r.done:
		return false
	}
}

// armEmpty lets the room close once it has been empty for long enough.
func (r *liveRoom) armEmpty() {
	after := r.unused
	if r.used {
		after = r.deserted
	}
	r.empty = time.AfterFunc(after, func() {
		r.post(func() {
			if len(r.present) == 0 {
				r.close(livekit.DisconnectReason_ROOM_CLOSED, livekit.LeaveRequest_DISCONNECT)
			}
		})
	})
}

// close sends everybody away and lets the room's goroutine end.
func (r *liveRoom) close(why livekit.DisconnectReason, action livekit.LeaveRequest_Action) {
	if r.closed {
		return
	}
	r.server.forget(r)
	r.closed = true
	for _, p := range r.present {
		r.remove(p, why, &livekit.LeaveRequest{
			Reason: why, Action: action,
			CanReconnect: action != livekit.LeaveRequest_DISCONNECT,
		})
	}
	r.news.stop()
	r.empty.Stop()
	if r.presence.timer != nil {
		r.presence.timer.Stop()
	}
	if r.due != nil {
		r.due.Stop()
	}
}

// broadcast sends a message to everyone.
func (r *liveRoom) broadcast(msg *livekit.SignalResponse) {
	raw := encode(msg)
	for _, p := range r.present {
		p.sendRaw(raw)
	}
	r.tellWindows()
}

// describe is the room as clients see it.
func (r *liveRoom) describe() *livekit.Room {
	r.info.NumParticipants = uint32(len(r.present))
	return r.info
}

// newID makes an identifier that is unique for all practical purposes.
func newID(prefix string) string { return prefix + rand.Text()[:16] }

// publishCodecs are the codecs that the media side forwards.
func publishCodecs() []*livekit.Codec {
	return []*livekit.Codec{
		{Mime: "video/VP8"}, {Mime: "video/VP9"}, {Mime: "video/H264"}, {Mime: "video/AV1"}, {Mime: "audio/opus"},
	}
}
