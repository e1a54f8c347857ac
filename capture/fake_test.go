package capture

import (
	"context"
	"errors"
	"image"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"go.uber.org/goleak"

	"github.com/easel-live/easel/capture/display"
	"github.com/easel-live/easel/internal/xvnctest"
	"github.com/easel-live/easel/signaling/client"
	"github.com/easel-live/easel/wire"
)

func TestMain(m *testing.M) {
	xvnctest.Quiet()
	goleak.VerifyTestMain(m)
}

// sentFrame is a frame as a receiver puts it together.
type sentFrame struct {
	layer     LayerID
	timestamp uint32
	key       bool
	size      image.Point // of keyframes
	bytes     int
	complete  bool
	at        time.Time
}

type message struct {
	topic    string
	payload  any
	reliable bool
	to       []string
}

// fakeSink is a room of one attentive viewer.
type fakeSink struct {
	mu         sync.Mutex
	frames     []sentFrame
	messages   []message
	attributes map[string]string
	dresses    int // times that attributes were set
	dimensions []client.Layer
	changed    chan struct{}
	bad        []string
	sequence   map[LayerID]uint16
}

// The layers of a stream that has only VP8.
var halfLayer, fullLayer = LayerID{0, 0}, LayerID{0, 1}

func newFakeSink() *fakeSink {
	return &fakeSink{changed: make(chan struct{}, 1), sequence: map[LayerID]uint16{}}
}

func (f *fakeSink) poke() {
	select {
	case f.changed <- struct{}{}:
	default:
	}
}

func (f *fakeSink) WriteRTP(layer LayerID, p *rtp.Packet) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	defer f.poke()
	if last, isStarted := f.sequence[layer]; isStarted && p.SequenceNumber != last+1 {
		f.bad = append(f.bad, "gap in sequence numbers")
	}
	f.sequence[layer] = p.SequenceNumber
	var d codecs.VP8Packet
	chunk, err := d.Unmarshal(p.Payload)
	if err != nil {
		f.bad = append(f.bad, err.Error())
		return nil
	}
	if d.S == 1 {
		s := sentFrame{layer: layer, timestamp: p.Timestamp, key: chunk[0]&1 == 0, at: time.Now()}
		if s.key {
			s.size = image.Pt(int(chunk[6])|int(chunk[7]&0x3f)<<8, int(chunk[8])|int(chunk[9]&0x3f)<<8)
		}
		f.frames = append(f.frames, s)
	}
	last := &f.frames[len(f.frames)-1]
	if last.layer != layer || last.timestamp != p.Timestamp || last.complete {
		f.bad = append(f.bad, "packet of another frame")
	}
	last.bytes += len(chunk)
	last.complete = p.Marker
	return nil
}

func (f *fakeSink) PublishData(topic string, payload []byte, reliable bool, to ...string) error {
	m := message{topic: topic, reliable: reliable, to: to}
	var err error
	b := append([]byte(nil), payload...)
	switch topic {
	case wire.TopicCursor:
		m.payload, err = wire.DecodeCursor(b)
	case wire.TopicFrame:
		m.payload, err = wire.DecodeFrameTag(b)
	case wire.TopicExact:
		m.payload, err = wire.DecodeExact(b)
	default:
		err = errors.New("topic " + topic)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil {
		f.bad = append(f.bad, err.Error())
	}
	f.messages = append(f.messages, m)
	f.poke()
	return nil
}

func (f *fakeSink) SetAttributes(a map[string]string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.attributes = a
	f.dresses++
	f.poke()
	return nil
}

func (f *fakeSink) SetDimensions(l []client.Layer) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dimensions = l
	return nil
}

// until waits until want holds; it is called with the sink locked.
func (f *fakeSink) until(t testing.TB, what string, want func() bool) {
	t.Helper()
	deadline := time.After(10 * time.Second)
	for {
		f.mu.Lock()
		ok := want()
		bad := f.bad
		f.mu.Unlock()
		if len(bad) > 0 {
			t.Fatal(bad)
		}
		if ok {
			return
		}
		select {
		case <-f.changed:
		case <-deadline:
			t.Fatalf("%s: never", what)
		}
	}
}

// count counts frames; it is called with the sink locked.
func (f *fakeSink) count(want func(sentFrame) bool) int {
	n := 0
	for _, s := range f.frames {
		if s.complete && want(s) {
			n++
		}
	}
	return n
}

// run streams a display into a fake sink until the test ends.
func run(t testing.TB, name string, o Options) (*Stream, *fakeSink, *display.Display) {
	t.Helper()
	d := look(t, name)
	f := newFakeSink()
	s := NewStream(d, f, o)
	stop := streaming(t, s)
	t.Cleanup(stop)
	return s, f, d
}

// look connects to a display until the test ends.
func look(t testing.TB, name string) *display.Display {
	t.Helper()
	d, err := display.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

// streaming runs a stream until the function it returns is called.
func streaming(t testing.TB, s *Stream) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	return func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) && !errors.Is(err, display.ErrLost) {
			t.Errorf("stream ended with %v", err)
		}
	}
}

// rest waits until the picture is refined and nothing is due any more: until
// there was silence for longer than a refinement or a second keyframe waits.
func rest(t testing.TB, s *Stream) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for last, since := s.Stats.Frames.Load(), time.Now(); time.Since(since) < 2*keyInterval; time.Sleep(10 * time.Millisecond) {
		if n := s.Stats.Frames.Load(); n != last || n == 0 {
			last, since = n, time.Now()
		}
		if time.Now().After(deadline) {
			t.Fatal("the picture never came to rest")
		}
	}
}
