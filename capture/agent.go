package capture

import (
	"context"
	"errors"
	"fmt"
	"image"
	"log/slog"
	"sync"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"

	"github.com/easel-live/easel/capture/clipboard"
	"github.com/easel-live/easel/capture/display"
	"github.com/easel-live/easel/capture/heed"
	"github.com/easel-live/easel/capture/inject"
	"github.com/easel-live/easel/capture/tools"
	"github.com/easel-live/easel/signaling/client"
	"github.com/easel-live/easel/wire"
)

const (
	// TrackName is the name of the published track.
	TrackName = "display"

	joinTimeout  = 20 * time.Second
	firstBackoff = 250 * time.Millisecond
	lastBackoff  = 10 * time.Second
	// A connection that lasted this long starts the backoff anew.
	settled = 30 * time.Second
)

// AgentConfig says which display goes into which room.
type AgentConfig struct {
	Display string // X display; "" is $DISPLAY
	URL     string // ws:// or wss:// of the server
	Token   string // access token with the agent's role
	Tools   string // unix socket of the plug-in for tools; "": they stay in GIMP
	Options Options
	// API overrides the WebRTC settings (virtual networks in tests).
	API *webrtc.API
}

// Agent carries one display into one room and the room's hands to the display.
type Agent struct {
	config  AgentConfig
	log     *slog.Logger
	display *display.Display
	player  *inject.Injector
	hands   *hands
	board   *clipboard.Board // nil: this display has none

	mu       sync.Mutex
	stream   *Stream             // of the current connection; nil without one
	exchange *clipboard.Exchange // the same
}

// RunAgent joins, and joins again whenever the server is lost, until ctx ends
// (nil), the X server is lost (display.ErrLost) or the server refuses the token
// (client.ErrRefused). Nothing is held on the display when it returns.
func RunAgent(ctx context.Context, c AgentConfig) error {
	c.Options = c.Options.withDefaults()
	a := &Agent{config: c, log: c.Options.Log}
	var err error
	if a.display, err = display.Open(c.Display); err != nil {
		return fmt.Errorf("%w: %w", display.ErrLost, err)
	}
	defer a.display.Close()
	if err := a.keepEncodable(); err != nil {
		return err
	}
	if a.player, err = inject.Open(inject.Options{Display: c.Display, Size: a.display.Size, Resize: a.resize}); err != nil {
		return fmt.Errorf("%w: %w", display.ErrLost, err)
	}
	defer a.player.Close()
	gimp, err := heed.Open(c.Display)
	if err != nil {
		return fmt.Errorf("%w: %w", display.ErrLost, err)
	}
	defer gimp.Close()
	pass := func(string, bool) {}
	if c.Tools != "" {
		pass = tools.NewBox(c.Tools, gimp.Heed, a.log).Pass
	}
	a.hands = newHands(a.player, heed.NewGate(gimp.Heed), a.injecting, pass, a.log)
	defer a.hands.close()
	if a.board, err = clipboard.Open(c.Display, a.copied); err != nil {
		a.log.Warn("no clipboard", "error", err)
	} else {
		defer a.board.Close()
	}

	backoff := firstBackoff
	for {
		began := time.Now()
		err := a.connection(ctx)
		a.hands.reset()
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, display.ErrLost), errors.Is(err, client.ErrRefused):
			return err
		case a.dropBroken(err):
			continue
		}
		if time.Since(began) > settled {
			backoff = firstBackoff
		}
		a.log.Warn("not in the room, trying again", "error", err, "in", backoff)
		select {
		case <-ctx.Done():
			return nil
		case <-a.display.Lost():
			return display.ErrLost
		case <-time.After(backoff):
		}
		backoff = min(2*backoff, lastBackoff)
	}
}

// connection joins the room once and streams until something ends.
func (a *Agent) connection(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	joining, stop := context.WithTimeout(ctx, joinTimeout)
	defer stop()
	p := &peer{agent: a, closed: cancel, welcomed: map[string]bool{}}
	conn, err := client.Dial(joining, client.Options{
		URL: a.config.URL, Token: a.config.Token, Log: a.log, API: a.config.API,
	}, p)
	if err != nil {
		return err
	}
	defer conn.Close()
	track, err := conn.PublishVideo(joining, a.spec())
	if err != nil {
		return err
	}
	if a.board != nil {
		x := clipboard.NewExchange(a.board, conn, a.log)
		defer x.Close()
		a.exchanging(x)
		defer a.exchanging(nil)
	}
	s := NewStream(a.display, roomSink{conn, track}, a.config.Options)
	a.attach(s)
	defer a.attach(nil)
	p.streaming(s)
	size := a.display.Size()
	a.log.Info("in the room", "display", fmt.Sprintf("%dx%d", size.X, size.Y))
	err = s.Run(ctx)
	n := s.Stats
	a.log.Info("out of the room", "frames", n.Frames.Load(), "keyframes", n.Keyframes.Load(),
		"refinements", n.Refinements.Load(), "bytes", n.Bytes.Load(), "unsent", n.Unsent.Load())
	return err
}

func (a *Agent) spec() client.VideoSpec {
	spec := client.VideoSpec{Name: TrackName, OnRTCP: a.feedback, OnWatched: a.watched}
	for _, r := range a.config.Options.Renditions {
		spec.Renditions = append(spec.Renditions, a.config.Options.offer(r, sizes{a.display.Size()}))
	}
	return spec
}

// feedback follows what the server says about a layer.
func (a *Agent) feedback(rendition, layer int, pkt rtcp.Packet) {
	s := a.current()
	if s == nil {
		return // the first frame will be a keyframe anyway
	}
	id := LayerID{rendition, layer}
	switch p := pkt.(type) {
	case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
		s.RequestKeyframe(id)
	case *rtcp.ReceiverEstimatedMaximumBitrate:
		s.SetBitrate(id, float64(p.Bitrate))
	}
}

// watched follows the audience: a layer that nobody watches costs nothing.
func (a *Agent) watched(renditions [][]bool) {
	s := a.current()
	if s == nil {
		return
	}
	for i, layers := range renditions {
		for j, is := range layers {
			s.Watched(LayerID{i, j}, is)
		}
	}
	a.log.Debug("audience changed", "watched", renditions)
}

func (a *Agent) attach(s *Stream) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.stream = s
}

func (a *Agent) current() *Stream {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.stream
}

func (a *Agent) exchanging(x *clipboard.Exchange) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.exchange = x
}

// clipboard is where copies go just now; nil: nowhere.
func (a *Agent) clipboard() *clipboard.Exchange {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.exchange
}

func (a *Agent) copied(empty bool) {
	if x := a.clipboard(); x != nil {
		x.Copied(empty)
	}
}

func (a *Agent) injecting(generation, sequence uint32) {
	if s := a.current(); s != nil {
		s.Injecting(generation, sequence)
	}
}

func (a *Agent) resize(size image.Point, scale int) {
	if s := a.current(); s != nil {
		s.Resize(size, scale)
	}
}

// peer hears what happens on one connection; calls come one at a time.
type peer struct {
	agent  *Agent
	closed context.CancelCauseFunc

	mu       sync.Mutex
	stream   *Stream
	welcomed map[string]bool // by SID: who has been sent the pointer's shape
}

// streaming says where newcomers get their cursor from. Those who came before
// are covered: a stream begins by sending it to everyone.
func (p *peer) streaming(s *Stream) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stream = s
}

// OnParticipant implements client.Handler.
func (p *peer) OnParticipant(who client.Participant) {
	if who.Left {
		p.agent.hands.left(who.Identity)
		if x := p.agent.clipboard(); x != nil {
			x.Left(who.Identity)
		}
	}
	if !who.Left {
		p.agent.hands.here(who.Identity, who.Attributes)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case who.Left:
		delete(p.welcomed, who.SID)
	case who.Active && !p.welcomed[who.SID]:
		p.welcomed[who.SID] = true
		if p.stream != nil {
			p.stream.Welcome(who.Identity)
		}
	}
}

// OnData implements client.Handler.
func (p *peer) OnData(from, topic string, payload []byte) {
	switch topic {
	case wire.TopicInput:
		p.agent.hands.input(from, payload)
	case wire.TopicControl:
		p.agent.hands.control(payload)
	case wire.TopicClipboard:
		if x := p.agent.clipboard(); x != nil {
			x.Message(from, payload)
		}
	}
}

// OnTrack implements client.Handler; the agent watches nobody.
func (p *peer) OnTrack(*webrtc.TrackRemote, *webrtc.RTPReceiver) {}

// OnClosed implements client.Handler.
func (p *peer) OnClosed(err error) {
	if err == nil {
		err = client.ErrClosed
	}
	p.closed(err)
}
