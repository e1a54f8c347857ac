package inject

import (
	"fmt"
	"image"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
	"go.uber.org/goleak"

	"github.com/easel-live/easel/internal/xvnctest"
	"github.com/easel-live/easel/wire"
)

func TestMain(m *testing.M) {
	xvnctest.Quiet()
	goleak.VerifyTestMain(m)
}

var screen = image.Pt(800, 600)

func setup(t testing.TB) (*Injector, *xvnctest.Painter) {
	t.Helper()
	name := xvnctest.Start(t, screen.X, screen.Y)
	j, err := Open(Options{Display: name, Size: func() image.Point { return screen }, Resize: func(image.Point, int) {}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(j.Close)
	p := xvnctest.NewPainter(t, name, screen.X, screen.Y)
	return j, p
}

// next waits for a key or button event of the painter's window.
func next(t testing.TB, p *xvnctest.Painter) xgb.Event {
	t.Helper()
	deadline := time.After(10 * time.Second)
	for {
		select {
		case e := <-p.Events:
			switch e.(type) {
			case xproto.KeyPressEvent, xproto.KeyReleaseEvent, xproto.ButtonPressEvent, xproto.ButtonReleaseEvent:
				return e
			}
		case <-deadline:
			t.Fatal("no event came")
		}
	}
}

// An agent that is killed leaves down what it held; the next one lets go of it.
func TestWhatTheDeadHeldIsReleased(t *testing.T) {
	dead, p := setup(t)
	dead.Event(&wire.Event{Kind: wire.KeyDown, Keysym: 0xffe1}) // Shift_L
	next(t, p)
	dead.Event(&wire.Event{Kind: wire.ButtonDown, X: 20, Y: 20, Button: 1})
	next(t, p)
	dead.conn.Close() // nothing is released
	<-dead.gone
	j, err := Open(dead.opts)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	if b, ok := next(t, p).(xproto.ButtonReleaseEvent); !ok || b.Detail != 1 {
		t.Errorf("%v came, want the button's end", b)
	}
	if e, ok := next(t, p).(xproto.KeyReleaseEvent); !ok {
		t.Errorf("%v came, want the key's end", e)
	}
	silent(t, j, p)
}

// silent fails when an event is under way. A marker button tells that there is
// none.
func silent(t testing.TB, j *Injector, p *xvnctest.Painter) {
	t.Helper()
	j.Event(&wire.Event{Kind: wire.ButtonDown, Button: 9})
	if b, ok := next(t, p).(xproto.ButtonPressEvent); !ok || b.Detail != 9 {
		t.Fatalf("%v came", b)
	}
	j.Event(&wire.Event{Kind: wire.ButtonUp, Button: 9})
	next(t, p)
}

// meaning is what a program makes of a key press: the keysym that the map as it
// is now gives for keycode and modifiers, and the modifiers.
func meaning(t testing.TB, p *xvnctest.Painter, e xproto.KeyPressEvent) (xproto.Keysym, uint16) {
	t.Helper()
	r, err := xproto.GetKeyboardMapping(p.Conn, e.Detail, 1).Reply()
	if err != nil {
		t.Fatal(err)
	}
	level := 0
	if e.State&xproto.ModMaskShift != 0 {
		level = 1
	}
	return at(r.Keysyms, level), e.State & (xproto.ModMaskShift | xproto.ModMaskControl | xproto.ModMask1)
}

func (j *Injector) key(sym uint32, down bool) {
	kind := wire.KeyUp
	if down {
		kind = wire.KeyDown
	}
	j.Event(&wire.Event{Kind: kind, Keysym: sym})
}

const (
	controlL = 0xffe3
	tab      = 0xff09
	shift    = xproto.ModMaskShift
	control  = xproto.ModMaskControl
)

func TestKeysMeanWhatTheyMeant(t *testing.T) {
	j, p := setup(t)
	for _, c := range []struct {
		name string
		held []uint32
		sym  uint32
		mods uint16
	}{
		{"letter", nil, 'a', 0},
		{"capital with shift", []uint32{shiftL}, 'A', shift},
		{"capital without shift", nil, 'A', 0},
		{"small with shift", []uint32{shiftL}, 'a', shift},
		{"sign of another layout", nil, '@', 0},
		{"sign of another layout with shift", []uint32{shiftR}, '/', shift},
		{"umlaut", nil, 0xe4, 0},
		{"shortcut", []uint32{controlL, shiftL}, 'E', shift | control},
		{"undo", []uint32{controlL}, 'z', control},
		{"unicode", nil, 0x01000000 + '漢', 0},
		{"back tab", []uint32{shiftL}, tab, shift},
		{"function", nil, 0xffc2, 0},
		{"return", []uint32{controlL}, 0xff0d, control},
		{"keypad digit", nil, 0xffb7, 0},
		{"dead key", nil, 0xfe51, 0},
		{"AltGr sign", []uint32{level3Shift}, 0x20ac + 0x01000000, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, m := range c.held {
				j.key(m, true)
				next(t, p)
			}
			j.key(c.sym, true)
			press, ok := next(t, p).(xproto.KeyPressEvent)
			if !ok {
				t.Fatal("no press")
			}
			got, mods := meaning(t, p, press)
			back := c.sym == tab && got == 0xfe20 // ISO_Left_Tab: what Shift+Tab is
			if got != xproto.Keysym(c.sym) && !back || mods != c.mods {
				t.Fatalf("keysym %#x with %#x, want %#x with %#x", got, mods, c.sym, c.mods)
			}
			// Modifiers may go first: the key that went down comes up all the same.
			for _, m := range c.held {
				j.key(m, false)
				next(t, p)
			}
			j.key(c.sym, false)
			if r, ok := next(t, p).(xproto.KeyReleaseEvent); !ok || r.Detail != press.Detail {
				t.Fatalf("%v released, want %d", r, press.Detail)
			}
			silent(t, j, p)
		})
	}
}

// More characters than spare keycodes: each is right at its time.
func TestSpareKeycodesAreReused(t *testing.T) {
	j, p := setup(t)
	spare := len(j.keys.spare)
	if spare < 4 {
		t.Fatalf("%d spare keycodes", spare)
	}
	for i := range 3 * spare {
		sym := uint32(0x01000000 + 0x4e00 + i)
		j.key(sym, true)
		if got, _ := meaning(t, p, next(t, p).(xproto.KeyPressEvent)); got != xproto.Keysym(sym) {
			t.Fatalf("%d: %#x, want %#x", i, got, sym)
		}
		j.key(sym, false)
		next(t, p)
	}
	// All held at once: those beyond the spare ones are left out, not mixed up.
	for i := range spare + 3 {
		j.key(uint32(0x01000000+0x5e00+i), true)
	}
	seen := map[xproto.Keycode]bool{}
	for range spare {
		code := next(t, p).(xproto.KeyPressEvent).Detail
		if seen[code] {
			t.Fatalf("keycode %d twice", code)
		}
		seen[code] = true
	}
	silent(t, j, p)
	j.ReleaseAll()
	for range spare {
		if _, ok := next(t, p).(xproto.KeyReleaseEvent); !ok {
			t.Fatal("not released")
		}
	}
	silent(t, j, p)
}

// A held key repeats in the X server, and repeats of the sender add nothing.
func TestRepeat(t *testing.T) {
	j, p := setup(t)
	for range 5 {
		j.key('x', true)
	}
	silentButRepeats := 0
	first := next(t, p).(xproto.KeyPressEvent)
	for silentButRepeats < 3 {
		if e, ok := next(t, p).(xproto.KeyPressEvent); ok && e.Detail == first.Detail {
			silentButRepeats++
			if silentButRepeats == 1 && e.Time-first.Time < 200 {
				t.Fatalf("repeated after %d ms", e.Time-first.Time)
			}
		}
	}
	j.key('x', false)
}

func TestPointer(t *testing.T) {
	j, p := setup(t)
	at := func() string {
		switch e := next(t, p).(type) {
		case xproto.ButtonPressEvent:
			return fmt.Sprintf("+%d@%d,%d", e.Detail, e.RootX, e.RootY)
		case xproto.ButtonReleaseEvent:
			return fmt.Sprintf("-%d@%d,%d", e.Detail, e.RootX, e.RootY)
		default:
			return fmt.Sprint(e)
		}
	}
	expect := func(want string) {
		t.Helper()
		var got []string
		for range strings.Fields(want) {
			got = append(got, at())
		}
		if strings.Join(got, " ") != want {
			t.Fatalf("%v, want %v", got, want)
		}
	}
	j.Event(&wire.Event{Kind: wire.ButtonDown, Button: 1, X: 10, Y: 20})
	j.Event(&wire.Event{Kind: wire.ButtonDown, Button: 1, X: 11, Y: 20}) // again: no second press
	j.Event(&wire.Event{Kind: wire.Move, X: 9000, Y: 9000})
	j.Event(&wire.Event{Kind: wire.ButtonUp, Button: 1, X: 9000, Y: 30})
	j.Event(&wire.Event{Kind: wire.ButtonUp, Button: 3, X: 5, Y: 5}) // was never down
	expect("+1@10,20 -1@799,30")
	for range 3 { // 3/4 of a notch each, then back
		j.Event(&wire.Event{Kind: wire.Scroll, DY: 90, X: 7, Y: 8})
	}
	j.Event(&wire.Event{Kind: wire.Scroll, DY: -150, DX: 240, X: 7, Y: 8})
	expect("+5@7,8 -5@7,8 +5@7,8 -5@7,8 +7@7,8 -7@7,8 +7@7,8 -7@7,8 +4@7,8 -4@7,8")
	silent(t, j, p)
	j.Event(&wire.Event{Kind: wire.Scroll, DY: -32768, X: 7, Y: 8})
	expect(strings.TrimSpace(strings.Repeat("+4@7,8 -4@7,8 ", maxNotches)))
	silent(t, j, p)
	j.Event(&wire.Event{Kind: wire.ButtonDown, Button: 2, X: 1, Y: 1})
	j.Event(&wire.Event{Kind: wire.ButtonDown, Button: 8, X: 1, Y: 1})
	j.key(controlL, true)
	j.key('c', true)
	expect("+2@1,1 +8@1,1")
	codes := []xproto.Keycode{next(t, p).(xproto.KeyPressEvent).Detail, next(t, p).(xproto.KeyPressEvent).Detail}
	j.Event(&wire.Event{Kind: wire.ReleaseAll})
	expect("-2@1,1 -8@1,1")
	up := []xproto.Keycode{next(t, p).(xproto.KeyReleaseEvent).Detail, next(t, p).(xproto.KeyReleaseEvent).Detail}
	if slices.Reverse(codes); !slices.Equal(up, codes) {
		t.Fatalf("released %v, want the letter before Control: %v", up, codes)
	}
	silent(t, j, p)
}

func TestResizeIsPassedOn(t *testing.T) {
	var got image.Point
	var scale int
	j := &Injector{opts: Options{Resize: func(p image.Point, s int) { got, scale = p, s }}}
	j.Event(&wire.Event{Kind: wire.Resize, Width: 1000, Height: 700, Scale: 150})
	if got != image.Pt(1000, 700) || scale != 150 {
		t.Fatal(got, scale)
	}
}

func TestServerLost(t *testing.T) {
	name, stop := xvnctest.StartStoppable(t, 640, 480)
	j, err := Open(Options{Display: name, Size: func() image.Point { return screen }})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	stop()
	for j.Flush() == nil {
	}
	j.Event(&wire.Event{Kind: wire.KeyDown, Keysym: 'a'})
	j.Event(&wire.Event{Kind: wire.KeyDown, Keysym: 0x01000000 + '漢'})
}

// From an input packet to its last event in the X server.
func BenchmarkPacketToX(b *testing.B) {
	j, _ := setup(b)
	s := NewSequencer(func(_ Stamp, e *wire.Event) { j.Event(e) })
	in := &wire.Input{Generation: 1, First: 1, Events: make([]wire.Event, 4)}
	for i := range in.Events {
		in.Events[i] = wire.Event{Kind: wire.Move, X: uint16(i), Y: 9}
	}
	packet, err := wire.AppendInput(nil, in)
	if err != nil {
		b.Fatal(err)
	}
	first := uint32(1)
	b.ReportAllocs()
	for b.Loop() {
		if err := wire.DecodeInput(packet, in); err != nil {
			b.Fatal(err)
		}
		in.First = first
		first += 4
		s.Accept(in)
		if err := j.Flush(); err != nil {
			b.Fatal(err)
		}
	}
}
