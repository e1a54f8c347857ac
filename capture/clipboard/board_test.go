package clipboard

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/easel-live/easel/internal/xvnctest"
	"github.com/easel-live/easel/wire"
)

func TestMain(m *testing.M) {
	xvnctest.Quiet()
	goleak.VerifyTestMain(m)
}

const patience = 30 * time.Second

// boards are two programs on one display; news tell of what the other copied.
func boards(t *testing.T) (mine, theirs *Board, news chan bool) {
	t.Helper()
	name := xvnctest.Start(t, 640, 480)
	news = make(chan bool, 64)
	mine, err := Open(name, func(empty bool) { news <- empty })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(mine.Close)
	if theirs, err = Open(name, func(bool) {}); err != nil {
		t.Fatal(err)
	}
	return mine, theirs, news
}

func heard(t *testing.T, news chan bool) bool {
	t.Helper()
	select {
	case empty := <-news:
		return empty
	case <-time.After(patience):
		t.Fatal("no news of the clipboard")
		return false
	}
}

func TestCopiesCrossTheDisplay(t *testing.T) {
	mine, theirs, news := boards(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	large := bytes.Repeat([]byte("0123456789abcdef"), 300_000) // 4.8 MB: many pieces
	for _, c := range []Content{
		{wire.FormatText: []byte("čau, 漢")},
		{wire.FormatPNG: picture(t, 50, 40)},
		{wire.FormatPNG: large, wire.FormatText: []byte("beside")},
		{wire.FormatPNG: large[:piece]},
		{wire.FormatPNG: large[:2*piece]},
	} {
		if err := theirs.Own(c); err != nil {
			t.Fatal(err)
		}
		if heard(t, news) {
			t.Fatal("told that it is empty")
		}
		formats, err := mine.Formats(ctx)
		if err != nil || len(formats) != len(c) {
			t.Fatalf("%v, %v", formats, err)
		}
		for f, want := range c {
			if !slices.Contains(formats, f) {
				t.Errorf("format %d is not among %v", f, formats)
			}
			if got, err := mine.Read(ctx, f); err != nil || !bytes.Equal(got, want) {
				t.Errorf("format %d: %d bytes (%v), want %d", f, len(got), err, len(want))
			}
		}
	}
	if _, err := mine.Read(ctx, wire.FormatText); !errors.Is(err, ErrNothing) {
		t.Errorf("text of a picture: %v", err)
	}
	// What a person copied goes the other way, and ends the program's.
	if err := mine.Own(Content{wire.FormatText: []byte("back")}); err != nil {
		t.Fatal(err)
	}
	if got, err := theirs.Read(ctx, wire.FormatText); err != nil || string(got) != "back" || !mine.Owns() {
		t.Errorf("%q, %v", got, err)
	}
	if err := theirs.Own(Content{wire.FormatText: []byte("again")}); err != nil {
		t.Fatal(err)
	}
	heard(t, news)
	if mine.Owns() {
		t.Error("still believes to own what another took")
	}
	theirs.Close()
	if !heard(t, news) {
		t.Error("not told that the clipboard is empty")
	}
	if _, err := mine.Formats(ctx); !errors.Is(err, ErrNothing) {
		t.Errorf("an empty clipboard: %v", err)
	}
}

func TestTooMuchIsNotRead(t *testing.T) {
	mine, theirs, news := boards(t)
	defer theirs.Close()
	if err := theirs.Own(Content{wire.FormatPNG: make([]byte, wire.MaxClipboard+1)}); err != nil {
		t.Fatal(err)
	}
	heard(t, news)
	if _, err := mine.Read(t.Context(), wire.FormatPNG); !errors.Is(err, ErrTooLarge) {
		t.Errorf("%v", err)
	}
	if err := theirs.Own(Content{wire.FormatText: []byte("small")}); err != nil {
		t.Fatal(err)
	}
	if got, err := mine.Read(t.Context(), wire.FormatText); err != nil || string(got) != "small" {
		t.Errorf("after it: %q, %v", got, err)
	}
}

func TestReadingEndsWithItsContextAndItsServer(t *testing.T) {
	name, stop := xvnctest.StartStoppable(t, 640, 480)
	b, err := Open(name, func(bool) {})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("enough")
	cancel(why)
	if _, err := b.await(ctx); !errors.Is(err, why) {
		t.Errorf("%v", err)
	}
	stop()
	<-b.gone
	if _, err := b.Read(t.Context(), wire.FormatText); !errors.Is(err, ErrLost) {
		t.Errorf("%v", err)
	}
	if err := b.Own(Content{}); !errors.Is(err, ErrLost) {
		t.Errorf("%v", err)
	}
}
