package browser

import (
	"bytes"
	"context"
	"errors"
	"image"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open shows a page of testdata in a browser that lives as long as the test.
func open(t *testing.T, path string) *Browser {
	t.Helper()
	server := httptest.NewServer(http.FileServer(http.Dir("testdata")))
	t.Cleanup(server.Close)
	b, err := Start(context.Background(), Options{Width: 640, Height: 480})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(b.profile); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the profile is still there: %v", err)
		}
	})
	if err := b.Open(server.URL + path); err != nil {
		t.Fatal(err)
	}
	return b
}

func picture(t *testing.T, b *Browser) Picture {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	p, err := b.WaitPicture(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// press measures one press in the middle of the video.
func press(t *testing.T, b *Browser, p Picture, want Colour, timeout time.Duration) (Sample, error) {
	t.Helper()
	if err := b.Arm(0.5, 0.5, want); err != nil {
		return Sample{}, err
	}
	x, y := p.At(0.5, 0.5)
	if err := b.Press(x, y); err != nil {
		t.Fatal(err)
	}
	s, err := b.Result(timeout)
	if up := b.Release(x, y); up != nil {
		t.Fatal(up)
	}
	return s, err
}

func TestPressToPixel(t *testing.T) {
	b := open(t, "/page.html")
	p := picture(t, b)
	// 320x200 in a page of 640x480: twice the size, bars above and below.
	if p.Width != 320 || p.Height != 200 || p.Left != 0 || p.Top != 40 || p.ShownWidth != 640 || p.ShownHeight != 400 {
		t.Fatalf("picture %+v", p)
	}
	for _, want := range []Colour{Bright, Dark, Bright, Dark} {
		s, err := press(t, b, p, want, 5*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if s.Stamp > s.Handled || s.Handled > s.Held || s.Entered > s.Held {
			t.Errorf("times out of order: %+v", s)
		}
		if l := s.Latency(); l <= 0 || l > 1000 {
			t.Errorf("latency %v ms", l)
		}
		if s.Photon == nil {
			t.Fatal("the page's own measurement is missing")
		}
		if sent := (s.Origin + s.Stamp) * 1000; s.Photon.SentAt-sent > 1 || s.Photon.Injected < sent {
			t.Errorf("photon of another press: %+v of %+v", s.Photon, s)
		}
	}
	lumas, err := b.Lumas(4, 3)
	if err != nil || len(lumas) != 12 || lumas[5] > 40 {
		t.Errorf("lumas %v, %v", lumas, err)
	}
}

// Whoever asks late gets the same sample: the picture does not wait.
func TestResultIsKept(t *testing.T) {
	b := open(t, "/page.html")
	p := picture(t, b)
	if err := b.Arm(0.5, 0.5, Bright); err != nil {
		t.Fatal(err)
	}
	x, y := p.At(0.5, 0.5)
	if err := errors.Join(b.Press(x, y), b.Release(x, y)); err != nil {
		t.Fatal(err)
	}
	shown := func() bool {
		lumas, err := b.Lumas(1, 1)
		return err == nil && lumas[0] > 200
	}
	for deadline := time.Now().Add(10 * time.Second); !shown(); {
		if time.Now().After(deadline) {
			t.Fatal("the picture did not change")
		}
	}
	if s, err := b.Result(5 * time.Second); err != nil || s.Photon == nil {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestPageThatDoesNotMeasureItself(t *testing.T) {
	b := open(t, "/page.html?silent")
	s, err := press(t, b, picture(t, b), Bright, 5*time.Second)
	if err != nil || s.Photon != nil || s.Latency() <= 0 {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestWebRTCTellsHowItTravels(t *testing.T) {
	b := open(t, "/webrtc.html")
	p := picture(t, b)
	s, err := press(t, b, p, Bright, 5*time.Second)
	if err != nil || !s.OfAnswer() || s.Receive <= s.Stamp || s.Receive > s.Presented() {
		t.Errorf("received outside of the measurement: %+v, %v", s, err)
	}
	way, err := b.Transport()
	if err != nil || way.Via() != "webrtc-udp" || way.Codec == "" || way.Decoded == 0 || way.Bytes == 0 {
		t.Errorf("%+v, %v", way, err)
	}
}

func TestWhoseFrame(t *testing.T) {
	for name, c := range map[string]struct {
		s             Sample
		answer, first bool
	}{
		"not WebRTC":       {Sample{Stamp: 100, Photon: &Photon{}}, false, false},
		"before the press": {Sample{Stamp: 100, Receive: 95, RTPTimestamp: 9, Photon: &Photon{RTPTimestamp: 9}}, false, false},
		"not measured":     {Sample{Stamp: 100, Receive: 105}, true, false},
		"the first":        {Sample{Stamp: 100, Receive: 105, RTPTimestamp: 9, Photon: &Photon{RTPTimestamp: 9}}, true, true},
		"a later one":      {Sample{Stamp: 100, Receive: 135, RTPTimestamp: 19, Photon: &Photon{RTPTimestamp: 9}}, true, false},
	} {
		if c.s.OfAnswer() != c.answer || c.s.FirstFrame() != c.first {
			t.Errorf("%s: answer %t, first %t", name, c.s.OfAnswer(), c.s.FirstFrame())
		}
	}
}

func TestVia(t *testing.T) {
	for want, way := range map[string]Transport{
		"webrtc-tcp": {Protocol: "tcp"}, "turn": {Protocol: "udp", Relayed: true}, "unknown": {},
	} {
		if got := way.Via(); got != want {
			t.Errorf("%+v: %s, want %s", way, got, want)
		}
	}
}

// A picture that does not answer must not yield a latency.
func TestPictureThatDoesNotChange(t *testing.T) {
	b := open(t, "/page.html?dead")
	p := picture(t, b)
	if _, err := press(t, b, p, Bright, 300*time.Millisecond); !errors.Is(err, ErrNoChange) {
		t.Errorf("got %v", err)
	}
	if _, err := press(t, b, p, Dark, 300*time.Millisecond); !errors.Is(err, ErrAlready) {
		t.Errorf("already dark: got %v", err)
	}
	if _, err := b.Result(time.Second); !errors.Is(err, ErrNoChange) {
		t.Errorf("nothing armed: got %v", err)
	}
}

func TestKeysArriveAsAPersonPressesThem(t *testing.T) {
	b := open(t, "/page.html")
	for _, k := range []struct {
		key       string
		modifiers []kb.Modifier
	}{{"n", nil}, {"j", []kb.Modifier{kb.ModifierShift, kb.ModifierCtrl}}, {kb.Enter, nil}} {
		if err := b.Key(k.key, k.modifiers...); err != nil {
			t.Fatal(err)
		}
	}
	got, err := Evaluate[string](b, `keys.join(" ")`)
	const want = "+KeyN -KeyN +ShiftLeft +ControlLeft +KeyJ -KeyJ -ControlLeft -ShiftLeft +Enter -Enter"
	if err != nil || got != want {
		t.Errorf("got %q (%v), want %q", got, err, want)
	}
	if err := b.Key("\x01"); err == nil {
		t.Error("a key that no keyboard has was pressed")
	}
}

func TestFloor(t *testing.T) {
	b := open(t, "/page.html")
	samples, err := b.Floor(5)
	if err != nil || len(samples) != 5 {
		t.Fatalf("%v, %v", samples, err)
	}
	for _, v := range samples {
		if v <= 0 || v > 1000 {
			t.Errorf("floor %v ms", v)
		}
	}
	if _, err := b.Picture(); !errors.Is(err, ErrNoPicture) {
		t.Errorf("the floor's page has a picture: %v", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	if _, err := b.WaitPicture(ctx); !errors.Is(err, ErrNoPicture) || !strings.Contains(err.Error(), "the page says") {
		t.Errorf("waiting for it: %v", err)
	}
	if png, err := b.Screenshot(); err != nil || !bytes.HasPrefix(png, []byte("\x89PNG")) {
		t.Errorf("screenshot of %d bytes, %v", len(png), err)
	}
}

func TestNoChromium(t *testing.T) {
	if _, err := Start(context.Background(), Options{Width: 1, Height: 1, ExecPath: "/nowhere/chromium"}); !errors.Is(err, ErrNoChromium) {
		t.Errorf("got %v", err)
	}
}

// Of frames in quick succession the last is kept, with the time it was shown.
func TestRecordKeepsWhatIsShownInTheEnd(t *testing.T) {
	b := open(t, "/page.html")
	p := picture(t, b)
	if err := b.Record(50 * time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if s, err := press(t, b, p, Bright, 5*time.Second); err != nil || s.Latency() <= 0 {
		t.Fatalf("%+v, %v", s, err)
	}
	var last *image.RGBA
	for deadline := time.Now().Add(10 * time.Second); ; {
		shots, err := b.Recorded()
		if err != nil || len(shots) == 0 || shots[0].Width != p.Width {
			t.Fatalf("%v, %v", shots, err)
		}
		if last, err = b.Pixels(len(shots)-1, shots[len(shots)-1]); err != nil {
			t.Fatal(err)
		}
		if at := last.RGBAAt(p.Width/2, p.Height/2); at.R > 200 && at.G > 200 && at.B > 200 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the last of %d frames is not bright", len(shots))
		}
		if err := b.Record(50 * time.Millisecond); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.Pixels(0, Shot{Width: 1, Height: 1}); err == nil {
		t.Error("pixels of another size were read")
	}
}

func TestWatchSeesFrames(t *testing.T) {
	b := open(t, "/page.html")
	p := picture(t, b)
	if err := b.Watch(); err != nil {
		t.Fatal(err)
	}
	if _, err := press(t, b, p, Bright, 5*time.Second); err != nil {
		t.Fatal(err)
	}
	frames, err := b.Watched()
	if err != nil || len(frames) == 0 || frames[0].Width != p.Width || frames[0].Height != p.Height {
		t.Errorf("%v, %v", frames, err)
	}
}
