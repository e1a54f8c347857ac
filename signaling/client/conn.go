package client

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/livekit/protocol/livekit"
	"github.com/pion/webrtc/v4"
)

// Conn is a joined room.
type Conn struct {
	opts    Options
	log     *slog.Logger
	handler Handler
	pc      *webrtc.PeerConnection

	sid, identity string
	present       []Participant // who was there on joining; run tells the handler

	events    chan func() // for the handler, in order
	people    people
	data      data
	offers    offers
	adding    adding
	published published
	watchers  sync.WaitGroup // RTCP readers

	mu    sync.Mutex
	link  *link             // nil while resuming
	attrs map[string]string // set so far; set again after a resume
	pace  pace              // as the server announced on join

	ctx    context.Context // ends when the Conn does
	cancel context.CancelCauseFunc
	done   chan struct{}
}

// Dial joins and returns once the server accepted; media may still connect.
// ctx bounds the joining alone.
func Dial(ctx context.Context, opts Options, h Handler) (*Conn, error) {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.API == nil {
		api, err := newAPI()
		if err != nil {
			return nil, err
		}
		opts.API = api
	}
	pc, err := opts.API.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return nil, fmt.Errorf("client: peer connection: %w", err)
	}
	c := &Conn{
		opts: opts, log: opts.Log, handler: h, pc: pc,
		events: make(chan func(), eventBacklog),
		people: newPeople(), offers: newOffers(), adding: newAdding(), published: newPublished(),
		attrs: map[string]string{},
		done:  make(chan struct{}),
	}
	c.ctx, c.cancel = context.WithCancelCause(context.Background())
	if err := c.join(ctx); err != nil {
		c.cancel(err)
		return nil, errors.Join(err, pc.GracefulClose())
	}
	go c.run()
	return c, nil
}

// eventBacklog is how many events may wait for a slow handler before the
// connection's own readers wait too.
const eventBacklog = 256

// SID is what the server knows this participant as; new on every join.
func (c *Conn) SID() string { return c.sid }

// Identity is this participant's identity, from its token.
func (c *Conn) Identity() string { return c.identity }

// join sets up the transport, offers it with the join request and reads the
// server's welcome.
func (c *Conn) join(ctx context.Context) error {
	if err := c.data.open(c); err != nil {
		return err
	}
	c.pc.OnTrack(func(t *webrtc.TrackRemote, r *webrtc.RTPReceiver) {
		c.post(func() { c.handler.OnTrack(t, r) })
	})
	c.pc.OnConnectionStateChange(c.onTransport)
	if c.opts.Subscribe {
		if err := c.addSections(webrtc.RTPCodecTypeVideo, 1); err != nil {
			return err
		}
	}
	offer, err := c.makeOffer(ctx, false)
	if err != nil {
		return err
	}
	l, first, err := dialLink(ctx, c.opts, &livekit.JoinRequest{
		ClientInfo:         clientInfo(),
		ConnectionSettings: &livekit.ConnectionSettings{AutoSubscribe: c.opts.Subscribe},
		PublisherOffer:     offer,
	})
	if err != nil {
		return err
	}
	if err := c.welcome(l, first); err != nil {
		l.close()
		return err
	}
	c.link = l
	return nil
}

func (c *Conn) welcome(l *link, first *livekit.SignalResponse) error {
	if leave := first.GetLeave(); leave != nil {
		return leaveError(leave)
	}
	join := first.GetJoin()
	if join == nil {
		return fmt.Errorf("client: first message is %T, not a welcome", first.GetMessage())
	}
	c.pace.announce(join.GetPingInterval(), join.GetPingTimeout())
	l.pace = c.pace
	c.sid = join.GetParticipant().GetSid()
	c.identity = join.GetParticipant().GetIdentity()
	c.people.self = c.identity
	c.present = c.people.snapshot(join.GetOtherParticipants())
	return nil
}

func clientInfo() *livekit.ClientInfo {
	return &livekit.ClientInfo{Sdk: livekit.ClientInfo_GO, Protocol: protocolVersion, Os: "linux"}
}

// protocolVersion is the newest LiveKit client protocol whose rules this
// package follows.
const protocolVersion = 16

// post hands an event to the handler; it waits while the backlog is full.
func (c *Conn) post(fn func()) {
	select {
	case c.events <- fn:
	case <-c.ctx.Done():
	}
}

// send writes a request, if the server is reachable just now.
func (c *Conn) send(req *livekit.SignalRequest) error {
	c.mu.Lock()
	l := c.link
	c.mu.Unlock()
	if l == nil {
		return fmt.Errorf("%w: not connected just now", ErrLost)
	}
	return l.write(req)
}

// Close leaves the room and waits until nothing of the connection runs.
func (c *Conn) Close() error {
	if c.ctx.Err() == nil {
		if err := c.send(&livekit.SignalRequest{Message: &livekit.SignalRequest_Leave{
			Leave: &livekit.LeaveRequest{Reason: livekit.DisconnectReason_CLIENT_INITIATED},
		}}); err != nil {
			c.log.Debug("leaving without a word", "error", err)
		}
	}
	c.cancel(ErrClosed)
	<-c.done
	return nil
}
