package clipboard

import (
	"bytes"
	"context"
	"crypto/sha256"
	"log/slog"
	"testing"
	"time"

	"github.com/easel-live/easel/wire"
)

// shelf is a display's clipboard without a display.
type shelf struct{ mine, theirs Content }

func (s *shelf) Own(c Content) error { s.mine, s.theirs = c, nil; return nil }
func (s *shelf) Owns() bool          { return s.mine != nil }
func (s *shelf) Formats(context.Context) ([]wire.Format, error) {
	var list []wire.Format
	for _, f := range []wire.Format{wire.FormatPNG, wire.FormatText} {
		if s.theirs[f] != nil {
			list = append(list, f)
		}
	}
	return list, nil
}
func (s *shelf) Read(_ context.Context, f wire.Format) ([]byte, error) {
	if d, ok := s.theirs[f]; ok {
		return d, nil
	}
	return nil, ErrNothing
}

// post holds what the exchange said.
type post chan said

type said struct {
	m  *wire.Clipboard
	to []string
}

func (p post) PublishData(_ string, payload []byte, reliable bool, to ...string) error {
	m, err := wire.DecodeClipboard(payload)
	if err != nil || !reliable {
		return err
	}
	m.Data = bytes.Clone(m.Data)
	p <- said{m, to}
	return nil
}

func (p post) next(t *testing.T) *wire.Clipboard {
	t.Helper()
	select {
	case s := <-p:
		return s.m
	case <-time.After(patience):
		t.Fatal("nothing was said")
		return nil
	}
}

func desk(t *testing.T) (*Exchange, *shelf, post) {
	t.Helper()
	s, p := &shelf{}, make(post, 4096)
	x := NewExchange(s, p, slog.New(slog.DiscardHandler))
	t.Cleanup(x.Close)
	return x, s, p
}

func (x *Exchange) hear(t *testing.T, from string, m wire.Clipboard) {
	t.Helper()
	b, err := wire.AppendClipboard(nil, &m)
	if err != nil {
		t.Fatal(err)
	}
	x.Message(from, b)
}

func offerOf(id uint32, f wire.Format, data []byte) wire.Clipboard {
	m := wire.Clipboard{Kind: wire.ClipboardOffer, ID: id, Formats: []wire.Offered{{Format: f, Size: uint32(len(data))}}}
	sum := sha256.Sum256(data)
	copy(m.Hash[:], sum[:])
	return m
}

func (x *Exchange) feed(t *testing.T, from string, id uint32, f wire.Format, data []byte) {
	t.Helper()
	for at := 0; at < len(data); at += wire.MaxClipboardChunk {
		n := min(wire.MaxClipboardChunk, len(data)-at)
		x.hear(t, from, wire.Clipboard{Kind: wire.ClipboardChunk, ID: id, Format: f, Total: uint32(len(data)), Offset: uint32(at), Data: data[at : at+n]})
	}
}

func TestAPersonsCopyReachesTheDisplay(t *testing.T) {
	x, s, p := desk(t)
	img := picture(t, 400, 300)
	x.hear(t, "ann", offerOf(1, wire.FormatPNG, img))
	if m := p.next(t); m.Kind != wire.ClipboardWant || m.ID != 1 || m.Format != wire.FormatPNG {
		t.Fatalf("%+v", m)
	}
	x.hear(t, "ben", wire.Clipboard{Kind: wire.ClipboardChunk, ID: 1, Format: wire.FormatPNG, Total: 9, Data: []byte("not ann's")})
	x.feed(t, "ann", 1, wire.FormatPNG, img)
	m := p.next(t)
	for m.Kind == wire.ClipboardProgress {
		m = p.next(t)
	}
	if m.Kind != wire.ClipboardDone || m.ID != 1 || !bytes.Equal(s.mine[wire.FormatPNG], img) {
		t.Fatalf("%+v, %d bytes on the display", m, len(s.mine[wire.FormatPNG]))
	}
	// The same again costs nothing, as long as it is there.
	x.hear(t, "ann", offerOf(2, wire.FormatPNG, img))
	if m := p.next(t); m.Kind != wire.ClipboardDone || m.ID != 2 {
		t.Fatalf("%+v", m)
	}
	s.mine = nil
	x.hear(t, "ann", offerOf(3, wire.FormatPNG, img))
	if m := p.next(t); m.Kind != wire.ClipboardWant {
		t.Fatalf("%+v", m)
	}
}

func TestWhatAPersonMayNotPaste(t *testing.T) {
	for name, c := range map[string]struct {
		format wire.Format
		data   []byte
		reason wire.Reason
	}{
		"a bomb":        {wire.FormatPNG, file(ihdr(1<<30, 1<<30, 8, 6, 0, 0, 0), pngChunk("IDAT", []byte{1}), pngChunk("IEND", nil)), wire.ReasonBadImage},
		"a JPEG":        {wire.FormatPNG, []byte("\xff\xd8\xff\xe0"), wire.ReasonBadImage},
		"broken UTF-8":  {wire.FormatText, []byte("\xff\xfe"), wire.ReasonBroken},
		"a whole novel": {wire.FormatText, make([]byte, maxText+1), wire.ReasonTooLarge},
	} {
		x, s, p := desk(t)
		x.hear(t, "ann", offerOf(1, c.format, c.data))
		m := p.next(t)
		if m.Kind == wire.ClipboardWant {
			x.feed(t, "ann", 1, c.format, c.data)
			m = p.next(t)
		}
		if m.Kind != wire.ClipboardDecline || m.Reason != c.reason || m.Text == "" || s.mine != nil {
			t.Errorf("%s: %+v", name, m)
		}
	}
}

func TestAMissingPieceEndsATransfer(t *testing.T) {
	x, _, p := desk(t)
	x.hear(t, "ann", offerOf(1, wire.FormatText, make([]byte, 100)))
	p.next(t)
	x.hear(t, "ann", wire.Clipboard{Kind: wire.ClipboardChunk, ID: 1, Format: wire.FormatText, Total: 100, Offset: 50, Data: []byte("late")})
	if m := p.next(t); m.Kind != wire.ClipboardDecline || m.Reason != wire.ReasonBroken {
		t.Fatalf("%+v", m)
	}
	x.hear(t, "ann", wire.Clipboard{Kind: wire.ClipboardChunk, ID: 1, Format: wire.FormatText, Total: 100, Data: []byte("on")})
	x.Left("ann")
	x.hear(t, "ann", wire.Clipboard{Kind: wire.ClipboardWithhold, ID: 1, Reason: wire.ReasonGone})
	if len(p) > 0 {
		t.Fatalf("%+v", p.next(t))
	}
}

func TestTheDisplaysCopyReachesWhoWantsIt(t *testing.T) {
	x, s, p := desk(t)
	img := picture(t, 600, 500)
	s.theirs = Content{wire.FormatPNG: img, wire.FormatText: []byte("words")}
	x.Copied(false)
	offer := p.next(t)
	if offer.Kind != wire.ClipboardOffer || len(offer.Formats) != 2 || offer.Formats[0].Format != wire.FormatPNG {
		t.Fatalf("%+v", offer)
	}
	x.hear(t, "ann", wire.Clipboard{Kind: wire.ClipboardWant, ID: offer.ID, Format: wire.FormatPNG})
	var got []byte
	for len(got) < len(img) {
		m := p.next(t)
		if m.Kind != wire.ClipboardChunk || int(m.Offset) != len(got) || int(m.Total) != len(img) {
			t.Fatalf("%+v after %d bytes", m, len(got))
		}
		got = append(got, m.Data...)
		x.hear(t, "ann", wire.Clipboard{Kind: wire.ClipboardProgress, ID: m.ID, Offset: uint32(len(got))})
	}
	if !bytes.Equal(got, img) {
		t.Fatal("another picture came")
	}
	x.hear(t, "ann", wire.Clipboard{Kind: wire.ClipboardDone, ID: offer.ID})

	x.Copied(true)
	x.hear(t, "ann", wire.Clipboard{Kind: wire.ClipboardWant, ID: offer.ID + 9, Format: wire.FormatPNG})
	if m := p.next(t); m.Kind != wire.ClipboardWithhold || m.Reason != wire.ReasonGone {
		t.Fatalf("%+v", m)
	}
}

// Somebody who does not read gets a window's worth, and holds up nobody.
func TestASlowReaderIsWaitedFor(t *testing.T) {
	x, s, p := desk(t)
	s.theirs = Content{wire.FormatText: bytes.Repeat([]byte("x"), maxText)}
	x.Copied(false)
	id := p.next(t).ID
	x.hear(t, "slow", wire.Clipboard{Kind: wire.ClipboardWant, ID: id, Format: wire.FormatText})
	sent := 0
	for sent < wire.ClipboardWindow {
		sent += len(p.next(t).Data)
	}
	if sent > wire.ClipboardWindow+wire.MaxClipboardChunk {
		t.Fatalf("%d bytes without a word from the reader", sent)
	}
	for range maxSending {
		x.hear(t, "slow", wire.Clipboard{Kind: wire.ClipboardWant, ID: id, Format: wire.FormatText})
	}
	for _, who := range []string{"ann", "ben", "cyd", "dan"} {
		x.hear(t, who, wire.Clipboard{Kind: wire.ClipboardWant, ID: id, Format: wire.FormatText})
	}
	for {
		if m := p.next(t); m.Kind == wire.ClipboardWithhold {
			if m.Reason != wire.ReasonBusy {
				t.Fatalf("%+v", m)
			}
			return
		}
	}
}
