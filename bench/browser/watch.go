package browser

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Colour is what a watched pixel is expected to become.
type Colour string

// The colours a pixel can be expected to become, told apart with a wide margin.
const (
	Dark   Colour = "dark"
	Bright Colour = "bright"
)

// Errors of a measurement.
var (
	// ErrAlready: the pixel had the expected colour before the press.
	ErrAlready = errors.New("browser: the pixel has that colour already")
	// ErrNoChange: the picture did not change in time.
	ErrNoChange = errors.New("browser: the pixel did not change in time")
)

// Picture is the page's video: its size in video pixels, and where it is on the
// page in CSS pixels.
type Picture struct {
	Width, Height           int
	Left, Top               float64
	ShownWidth, ShownHeight float64
	// Presented counts frames since the video began.
	Presented int
}

// At is the place on the page that shows the point x, y of the video, 0 to 1 of
// its width and height.
func (p Picture) At(x, y float64) (left, top float64) {
	return p.Left + x*p.ShownWidth, p.Top + y*p.ShownHeight
}

// Picture is the video as it is now, or ErrNoPicture.
func (b *Browser) Picture() (Picture, error) {
	p, err := Evaluate[*Picture](b, `globalThis.easelBench?.picture() ?? null`)
	if err != nil {
		return Picture{}, err
	}
	if p == nil {
		return Picture{}, ErrNoPicture
	}
	return *p, nil
}

// WaitPicture waits until the page shows a video that has kept its size for a
// second: a client first asks for a display of the window's size.
func (b *Browser) WaitPicture(ctx context.Context) (Picture, error) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	var last Picture
	var since time.Time
	for {
		p, err := b.Picture()
		if err != nil && !errors.Is(err, ErrNoPicture) {
			return p, err
		}
		now := time.Now()
		if err != nil || p.Width != last.Width || p.Height != last.Height {
			last, since = p, now
		}
		if err == nil && now.Sub(since) >= time.Second {
			return p, nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return p, fmt.Errorf("%w: %w; the page says %q", ErrNoPicture, ctx.Err(), b.text())
		}
	}
}

// text is the beginning of what the page says in words, for errors.
func (b *Browser) text() string {
	const most = 200
	text, err := Evaluate[string](b, fmt.Sprintf(`document.body.innerText.trim().slice(0, %d)`, most))
	if err != nil {
		return ""
	}
	return text
}

// Transport is how the picture arrives, by the browser's own statistics. Counts
// run since the connection began.
type Transport struct {
	Protocol string // "udp" or "tcp"; "vnc": painted by a VNC client, and nothing else is known
	Relayed  bool   // through a TURN server
	Codec    string // MIME type
	Decoded  int    // frames
	Lost     int    // packets
	Bytes    int    // of RTP payload received
}

// Via names the way through the network as reports do.
func (t Transport) Via() string {
	switch {
	case t.Relayed:
		return "turn"
	case t.Protocol == "":
		return "unknown"
	case t.Protocol == "vnc":
		return "vnc"
	default:
		return "webrtc-" + t.Protocol
	}
}

// Transport asks the page how its picture arrives. A page whose video comes
// neither by WebRTC nor by VNC gives the zero Transport.
func (b *Browser) Transport() (Transport, error) {
	t, err := Evaluate[*Transport](b, `easelBench.transport()`)
	if err != nil || t == nil {
		return Transport{}, err
	}
	return *t, nil
}

// Lumas samples a grid of points of the video, row by row: 0 black to 255 white.
func (b *Browser) Lumas(columns, rows int) ([]int, error) {
	v, err := Evaluate[[]int](b, fmt.Sprintf(`easelBench.lumas(%d, %d)`, columns, rows))
	if err == nil && len(v) == 0 {
		err = ErrNoPicture
	}
	return v, err
}

// Photon is the client's own measurement of the same press: Unix microseconds.
type Photon struct {
	SentAt    float64 `json:"sentAt"`   // the event's DOM time stamp
	Injected  float64 `json:"injected"` // X had the event
	Captured  float64 `json:"captured"` // the frame's pixels were read
	Encoded   float64 `json:"encoded"`  // the frame went to the network
	Presented float64 `json:"presented"`
	// RTPTimestamp of the frame that was presented, 90 kHz.
	RTPTimestamp uint32 `json:"rtpTimestamp"`
}

// Sample is one press and the frame that showed its effect. Times are
// milliseconds of the page's performance.now().
type Sample struct {
	OK      bool    `json:"ok"`
	Pressed bool    `json:"pressed"` // only without OK: the page heard the press
	Origin  float64 `json:"origin"`  // performance.timeOrigin
	Stamp   float64 `json:"stamp"`   // the press's DOM time stamp
	Handled float64 `json:"handled"` // the page's first listener ran
	Frames  int     `json:"frames"`  // frames presented since the press, this one included
	// Of the callback that found the pixel changed: its now argument (the time
	// of the page's frame), when it ran, and when it had hold of the video's
	// current picture, which it then looked at.
	Callback float64 `json:"callback"`
	Entered  float64 `json:"entered"`
	Held     float64 `json:"held"`
	// What the callback's metadata say: the frame was handed to the compositor,
	// is expected on the screen, came off the network (its last packet), took so
	// long to decode, has this timestamp. The last three are only known for WebRTC.
	Presentation float64 `json:"presentation"`
	Display      float64 `json:"display"`
	Receive      float64 `json:"receive"`
	Decode       float64 `json:"decode"`
	RTPTimestamp uint32  `json:"rtp"`
	// Photon is nil when the page does not measure itself.
	Photon *Photon `json:"photon"`
}

// Presented is when the changed pixel counts as presented: the page was told of
// a presented frame and held it, and that picture had the colour. It is never
// before the compositor has the frame. What the metadata expect of the screen is
// no measurement: Chromium's guess has been seen 300 ms off, in either direction.
func (s Sample) Presented() float64 { return max(s.Held, s.Callback) }

// Latency from the press to the changed pixel, in milliseconds.
func (s Sample) Latency() float64 { return s.Presented() - s.Stamp }

// OfAnswer says whether the metadata are of a frame that came after the press,
// and not of one that was on its way before.
func (s Sample) OfAnswer() bool { return s.Receive > s.Stamp }

// FirstFrame says whether the frame that the product measured, the first with
// any effect of the press, is the one that the metadata are of. An application
// may answer with something else first: GIMP takes the brush's outline away
// before it draws.
func (s Sample) FirstFrame() bool {
	return s.Photon != nil && s.OfAnswer() && s.Photon.RTPTimestamp == s.RTPTimestamp
}

// Arm makes the next press a measurement of the video's point x, y (0 to 1),
// which should become want.
func (b *Browser) Arm(x, y float64, want Colour) error {
	state, err := Evaluate[string](b, fmt.Sprintf(`easelBench.arm(%g, %g, %q)`, x, y, want))
	switch {
	case err != nil:
		return err
	case state == "none":
		return ErrNoPicture
	case state == string(want):
		return ErrAlready
	}
	return nil
}

// Result waits for the armed measurement.
func (b *Browser) Result(timeout time.Duration) (Sample, error) {
	s, err := Evaluate[Sample](b, fmt.Sprintf(`easelBench.result(%d)`, timeout.Milliseconds()))
	if err != nil {
		return s, err
	}
	if !s.OK {
		return s, fmt.Errorf("%w (press heard by the page: %t, frames since: %d)", ErrNoChange, s.Pressed, s.Frames)
	}
	return s, nil
}
