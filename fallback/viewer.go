package fallback

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"

	"github.com/easel-live/easel/fallback/pipe"
	"github.com/easel-live/easel/fallback/rfb"
	"github.com/easel-live/easel/wire"
)

// Why a client is cut off. The texts are for people.
var (
	errText  = errors.New("this client asked for no words, yet sends text")
	errWord  = errors.New("a word that is too long")
	errSlow  = errors.New("too slow: what it should read piles up")
	errStuck = errors.New("the session's display does not answer")
)

// wordsBacklog is how many words may wait for a client.
const wordsBacklog = 256

// viewer is one RFB client.
//
// Four goroutines work for it: the one that serves the request reads the client
// (up), one reads the X server (down), one speaks (speak), and one does what must
// wait for none of them: releases (keep).
type viewer struct {
	gateway *Gateway
	log     *slog.Logger
	socket  *socket
	stay    Stay
	x       *pipe.Conn
	parser  *rfb.Parser

	mu    sync.Mutex // of hand, marks and what is sent to the X server
	hand  *hand
	marks uint32 // given out
	out   []byte // reused
	will  []byte // reused

	reached atomic.Uint32 // the last mark that came back
	notice  chan struct{} // reached, or asked, is another
	words   chan []byte
	over    context.CancelCauseFunc

	asking sync.Mutex
	asked  []request // leases that wait for releases
}

// request is a lease that waits until what was pressed before it is let go of.
type request struct {
	released func()
	mark     uint32 // 0: the releases were not sent yet
	deadline time.Time
}

var _ Viewer = (*viewer)(nil)

// serve serves a client to its end. The error is what it is to be told; nil if
// it left by itself. The reason is for metrics.
func (g *Gateway) serve(ctx context.Context, ws *websocket.Conn, token string) (reason string, err error) {
	limits := g.cfg.Limits
	s := newSocket(ws, limits)
	if err := ws.SetReadDeadline(time.Now().Add(limits.Handshake)); err != nil {
		return "gone", nil
	}
	if err := greet(s); err != nil {
		return "handshake", told(err, errVersion, errSecurity, errText)
	}
	ctx, over := context.WithCancelCause(ctx)
	defer over(nil)
	v := &viewer{
		gateway: g, log: g.cfg.Log, socket: s, over: over, hand: &hand{},
		notice: make(chan struct{}, 1), words: make(chan []byte, wordsBacklog),
	}
	words := ws.Subprotocol() == wordsProtocol
	if !words {
		v.words = nil
	}
	if v.stay, err = g.cfg.Rooms.Enter(token, v); err != nil {
		_ = refused(s, err.Error()) // the close message says it as well
		return "refused", err
	}
	defer v.stay.Leave()
	g.seat(ws)
	v.log = v.log.With("room", v.stay.Room(), "participant", v.stay.Identity())
	if words {
		s.hear = v.stay.Hear
	}
	if err := v.reach(ctx); err != nil {
		_ = refused(s, err.Error())
		return "unreachable", err
	}
	defer v.x.Close()
	if err := admitted(s); err != nil {
		return "handshake", nil
	}
	return v.run(ctx)
}

// told keeps the errors that are the client's doing and would tell it something.
func told(err error, known ...error) error {
	for _, k := range known {
		if errors.Is(err, k) {
			return err
		}
	}
	return nil
}

// reach connects to the X server.
func (v *viewer) reach(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, v.gateway.cfg.Limits.Handshake)
	defer cancel()
	stream, err := v.gateway.cfg.Tunnels.Open(ctx, v.stay.Room(), pipe.Service)
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { stream.Close() })
	defer stop()
	if v.x, err = pipe.Open(stream, v.marked); err != nil {
		stream.Close()
		return err
	}
	dialect, err := rfb.ParseDialect(v.x.Dialect)
	if err == nil {
		err = meet(v.x)
	}
	if err != nil {
		v.x.Close()
		return err
	}
	v.hand.dialect, v.hand.me, v.hand.admit = dialect, v.stay.Identity(), v.stay.Admit
	dropped := v.gateway.metrics.dropped
	v.parser = rfb.NewParser(dialect, func(kind rfb.Kind, m []byte) bool {
		pass := v.hand.judge(kind, m)
		if !pass {
			dropped.WithLabelValues(kind.String()).Inc()
		}
		return pass
	})
	return nil
}

// run carries bytes both ways until one side ends.
func (v *viewer) run(ctx context.Context) (string, error) {
	stop := context.AfterFunc(ctx, v.socket.hush)
	defer stop()
	if v.words != nil {
		v.Tell(v.hello())
	}
	v.log.Info("watching by VNC", "dialect", v.x.Dialect, "words", v.words != nil)

	var others sync.WaitGroup
	kept := make(chan struct{})
	others.Go(v.down)
	others.Go(func() { v.keep(kept) })
	others.Go(func() { v.speak(kept) })
	err := v.up(ctx)
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	v.release()
	close(kept)
	v.x.Close()
	others.Wait()
	v.log.Info("no longer watching by VNC", "reason", err)
	switch {
	case errors.Is(err, rfb.ErrUnknown), errors.Is(err, rfb.ErrTooLarge):
		return "protocol", err
	case errors.Is(err, errText), errors.Is(err, errWord):
		return "protocol", err
	case errors.Is(err, errSlow):
		return "slow", err
	case errors.Is(err, errStuck), errors.Is(err, errDisplay):
		return "display", err
	case errors.As(err, new(dismissal)):
		return "dismissed", err
	default:
		return "left", nil
	}
}

// errDisplay: the X server, or the way to it, is gone.
var errDisplay = errors.New("the session's display is gone")

// up reads the client.
func (v *viewer) up(ctx context.Context) error {
	limits := v.gateway.cfg.Limits
	pace := rate.NewLimiter(rate.Limit(limits.BytesPerSecond), rfb.MaxClipboard)
	in := v.gateway.metrics.bytes.WithLabelValues("in")
	buf := make([]byte, 16<<10)
	for {
		if err := v.socket.extend(); err != nil {
			return err
		}
		n, err := v.socket.Read(buf)
		if err != nil {
			return err
		}
		if err := pace.WaitN(ctx, n); err != nil {
			return err
		}
		in.Add(float64(n))
		if err := v.take(buf[:n]); err != nil {
			return err
		}
	}
}

// take judges a piece of the client's stream and passes on what may pass.
func (v *viewer) take(piece []byte) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	out, err := v.parser.Feed(piece, v.out[:0])
	if v.out = out[:0]; cap(out) > 64<<10 {
		v.out = nil // one large paste does not stay in memory
	}
	if sent := v.send(out); sent != nil {
		return errDisplay
	}
	return err
}

// send gives bytes to the X server, with what has changed of the will and, when
// something was let go of, a mark. The caller holds mu.
func (v *viewer) send(out []byte) error {
	h := v.hand
	if len(out) == 0 && !h.touched {
		return nil
	}
	var will []byte
	var mark uint32
	if h.touched {
		will = h.appendReleases(v.will[:0])
		if v.will = will; will == nil {
			will = []byte{}
		}
	}
	if h.lifted {
		v.marks++
		mark = v.marks
	}
	h.touched, h.lifted = false, false
	return v.x.Send(out, will, mark)
}

// down reads the X server.
func (v *viewer) down() {
	bytes := v.gateway.metrics.bytes.WithLabelValues("out")
	writes := true
	for {
		b, err := v.x.Next()
		if err != nil {
			v.over(errDisplay)
			return
		}
		if !writes {
			continue // marks may still come
		}
		bytes.Add(float64(len(b)))
		if _, err := v.socket.Write(b); err != nil {
			writes = false
			v.over(errSlow)
		}
	}
}

// marked is told by down that the X server has reached a mark.
func (v *viewer) marked(n uint32) {
	v.reached.Store(n)
	v.wake()
}

func (v *viewer) wake() {
	select {
	case v.notice <- struct{}{}:
	default:
	}
}

// Lease implements Viewer.
func (v *viewer) Lease(l wire.Lease, released func()) bool {
	v.asking.Lock()
	defer v.asking.Unlock()
	before := v.hand.lease.Swap(&l)
	same := before != nil && before.Generation == l.Generation && (before.Holder == l.Holder || before.Holder == "")
	if same || !v.hand.busy.Load() {
		return false
	}
	v.asked = append(v.asked, request{released: released, deadline: time.Now().Add(v.gateway.cfg.Limits.Release)})
	v.wake()
	return true
}

// Tell implements Viewer.
func (v *viewer) Tell(word []byte) {
	if v.words == nil {
		return
	}
	select {
	case v.words <- word:
	default:
		v.over(errSlow)
	}
}

// dismissal is a reason from the room.
type dismissal string

func (d dismissal) Error() string { return string(d) }

// Dismiss implements Viewer.
func (v *viewer) Dismiss(reason string) { v.over(dismissal(reason)) }

// hello is the first word: what the picture comes as.
func (v *viewer) hello() []byte {
	word, err := json.Marshal(map[string]string{"type": "hello", "dialect": v.x.Dialect})
	if err != nil {
		v.log.Error("hello not encoded", "error", err)
	}
	return word
}
