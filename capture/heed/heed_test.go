package heed

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
	"go.uber.org/goleak"

	"github.com/easel-live/easel/internal/xvnctest"
)

func TestMain(m *testing.M) {
	xvnctest.Quiet()
	goleak.VerifyTestMain(m)
}

// sluggish is a program with GIMP's class that comes to its events when it is
// told to.
type sluggish struct {
	t    *testing.T
	conn *xgb.Conn
	root xproto.Window
}

func (s *sluggish) atom(name string) xproto.Atom {
	reply, err := xproto.InternAtom(s.conn, false, uint16(len(name)), name).Reply()
	if err != nil {
		s.t.Fatal(err)
	}
	return reply.Atom
}

func (s *sluggish) set(w xproto.Window, name string, kind xproto.Atom, format byte, data []byte) {
	s.t.Helper()
	n := uint32(len(data) * 8 / int(format))
	if err := xproto.ChangePropertyChecked(s.conn, xproto.PropModeReplace, w, s.atom(name), kind, format, n, data).Check(); err != nil {
		s.t.Fatal(err)
	}
}

func word(v uint32) []byte {
	b := make([]byte, 4)
	xgb.Put32(b, v)
	return b
}

func start(t *testing.T, display string) *sluggish {
	t.Helper()
	conn, err := xgb.NewConnDisplay(display)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	screen := xproto.Setup(conn).DefaultScreen(conn)
	s := &sluggish{t: t, conn: conn, root: screen.Root}
	w, err := xproto.NewWindowId(conn)
	if err != nil {
		t.Fatal(err)
	}
	if err := xproto.CreateWindowChecked(conn, screen.RootDepth, w, s.root, 0, 0, 10, 10, 0, xproto.WindowClassInputOutput, screen.RootVisual, 0, nil).Check(); err != nil {
		t.Fatal(err)
	}
	s.set(w, "WM_CLASS", xproto.AtomString, 8, []byte("gimp-2.10\x00Gimp-2.10\x00"))
	s.set(w, "WM_PROTOCOLS", xproto.AtomAtom, 32, word(uint32(s.atom("_NET_WM_PING"))))
	s.set(s.root, "_NET_CLIENT_LIST", xproto.AtomWindow, 32, word(uint32(w)))
	return s
}

// catchUp comes to the next ping and answers it, as toolkits do.
func (s *sluggish) catchUp() {
	s.t.Helper()
	event, err := s.conn.WaitForEvent()
	m, is := event.(xproto.ClientMessageEvent)
	if err != nil || !is {
		s.t.Fatal(event, err)
	}
	m.Window = s.root
	mask := uint32(xproto.EventMaskSubstructureNotify | xproto.EventMaskSubstructureRedirect)
	if err := xproto.SendEventChecked(s.conn, false, s.root, mask, string(m.Bytes())).Check(); err != nil {
		s.t.Fatal(err)
	}
}

func TestHeedWaitsForGIMP(t *testing.T) {
	display := xvnctest.Start(t, 320, 240)
	w, err := Open(display)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := w.Heed(t.Context()); !errors.Is(err, errNoWindow) {
		t.Errorf("without a window: %v", err)
	}
	s := start(t, display)

	// One that is late answers to nobody any more.
	late, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := w.Heed(late); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a GIMP that does not answer: %v", err)
	}
	heeded := make(chan error, 1)
	go func() { heeded <- w.Heed(t.Context()) }()
	s.catchUp()
	select {
	case err := <-heeded:
		t.Fatalf("the answer to an earlier question was taken for this one's (%v)", err)
	default:
	}
	s.catchUp()
	if err := <-heeded; err != nil {
		t.Error(err)
	}
	if len(w.answers) > 0 {
		t.Errorf("%d questions are remembered", len(w.answers))
	}
}
