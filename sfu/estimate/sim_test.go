package estimate

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtcp"
)

const (
	tick          = time.Millisecond
	feedbackEvery = 100 * time.Millisecond
	frameEvery    = 33 * time.Millisecond
	packetBytes   = 1200
)

// controller is what a simulation drives.
type controller interface {
	sent(p Packet)
	feedback(now time.Time, p *rtcp.TransportLayerCC)
	rate(now time.Time) int
	probe(now time.Time) (Probe, bool)
}

// scenario is a link, and a source that fills it as far as it is allowed to.
type scenario struct {
	name     string
	lasts    time.Duration
	capacity func(t time.Duration) float64 // bits per second; 0: nothing passes, all is lost
	buffer   time.Duration                 // of the link's queue, at 5 Mb/s
	delay    time.Duration                 // one way
	jitter   time.Duration
	loss     float64
	media    func(t time.Duration) int // most that the source sends, bits per second
	wanted   int                       // most that the viewer could use
	seed     uint64
	paced    bool // frames are spread over the time to the next
}

// moment is what a simulation saw in a tenth of a second.
type moment struct {
	at        time.Duration
	estimate  int
	queued    time.Duration // of a packet that would be sent now
	delivered int           // bits per second
}

type parcel struct {
	number  uint16
	bytes   int
	arrives time.Duration
}

type simulation struct {
	scenario
	c      controller
	start  time.Time
	random *rand.Rand

	number    uint16
	link      []parcel // waiting, first in first out
	waiting   int      // bits
	budget    float64
	flight    []parcel
	recorder  *twcc.Recorder
	back      []report
	unsent    []parcel // paced
	delivered int
	moments   []moment
}

type report struct {
	arrives time.Duration
	p       *rtcp.TransportLayerCC
}

// simulate runs s, calling sleep after every step.
func simulate(s scenario, c controller, start time.Time, sleep func(time.Duration)) []moment {
	m := &simulation{scenario: s, c: c, start: start, random: rand.New(rand.NewPCG(s.seed, 2)), recorder: twcc.NewRecorder(1)}
	if m.buffer == 0 {
		m.buffer = 500 * time.Millisecond
	}
	for t := time.Duration(0); t < s.lasts; t += tick {
		m.step(t)
		sleep(tick)
	}
	return m.moments
}

func (m *simulation) step(t time.Duration) {
	now := m.start.Add(t)
	for len(m.back) > 0 && m.back[0].arrives <= t {
		m.c.feedback(now, m.back[0].p)
		m.back = m.back[1:]
	}
	if t%frameEvery == 0 {
		m.frame(t)
	}
	if p, ok := m.c.probe(now); ok {
		size := min(max(p.Bytes/p.Packets, 200), packetBytes)
		for left := p.Bytes; left > 0; left -= size {
			m.send(t, min(size, left), p.ID)
		}
	}
	for i := 0; i < len(m.unsent); i++ {
		if m.unsent[i].arrives <= t {
			m.send(t, m.unsent[i].bytes, 0)
			m.unsent = slices.Delete(m.unsent, i, i+1)
			i--
		}
	}
	m.serve(t)
	m.receive(t)
	if t%feedbackEvery == 0 {
		for _, p := range m.recorder.BuildFeedbackPacket() {
			if m.capacity(t) > 0 {
				m.back = append(m.back, report{t + m.delay, p.(*rtcp.TransportLayerCC)})
			}
		}
		queued := time.Duration(0)
		if c := m.capacity(t); c > 0 {
			queued = time.Duration(float64(m.waiting) / c * float64(time.Second))
		}
		m.moments = append(m.moments, moment{t, m.c.rate(now), queued, m.delivered * int(time.Second/feedbackEvery)})
		m.delivered = 0
	}
}

// frame makes a picture of about the estimate's size.
func (m *simulation) frame(t time.Duration) {
	rate := min(m.c.rate(m.start.Add(t)), m.media(t))
	bytes := int(float64(rate) / 8 * frameEvery.Seconds() * (0.7 + 0.6*m.random.Float64()))
	n := (bytes + packetBytes - 1) / packetBytes
	for i := range n {
		size := bytes / n
		if m.paced {
			m.unsent = append(m.unsent, parcel{bytes: size, arrives: t + frameEvery*time.Duration(i)/time.Duration(n)})
		} else {
			m.send(t, size, 0)
		}
	}
}

func (m *simulation) send(t time.Duration, bytes int, probe uint8) {
	m.number++
	m.c.sent(Packet{Sequence: m.number, Bytes: bytes, Sent: m.start.Add(t), Probe: probe})
	if m.waiting+bytes*8 > int(5e6*m.buffer.Seconds()) || m.capacity(t) == 0 || m.random.Float64() < m.loss {
		return
	}
	m.link = append(m.link, parcel{number: m.number, bytes: bytes})
	m.waiting += bytes * 8
}

// serve lets a tick's worth of bits through the link.
func (m *simulation) serve(t time.Duration) {
	rate := m.capacity(t)
	m.budget += rate * tick.Seconds()
	used := 0.0
	for len(m.link) > 0 && m.budget >= float64(m.link[0].bytes*8) {
		p := m.link[0]
		m.link = m.link[1:]
		m.budget -= float64(p.bytes * 8)
		m.waiting -= p.bytes * 8
		used += float64(p.bytes * 8)
		p.arrives = t + m.delay + time.Duration(min(used/rate, tick.Seconds())*float64(time.Second))
		if m.jitter > 0 {
			p.arrives += time.Duration(m.random.Int64N(int64(m.jitter)))
		}
		m.flight = append(m.flight, p)
	}
	if len(m.link) == 0 {
		m.budget = 0
	}
}

func (m *simulation) receive(t time.Duration) {
	if len(m.flight) == 0 {
		return
	}
	slices.SortStableFunc(m.flight, func(a, b parcel) int { return cmp.Compare(a.arrives, b.arrives) })
	n := 0
	for ; n < len(m.flight) && m.flight[n].arrives <= t; n++ {
		p := m.flight[n]
		// The receiver's clock is another one.
		m.recorder.Record(1, p.number, (p.arrives + time.Hour).Microseconds())
		m.delivered += p.bytes * 8
	}
	m.flight = m.flight[n:]
}

// ours drives an Estimator as a shard would.
type ours struct {
	e *Estimator
	f Feedback
}

func newOurs(s scenario, start time.Time) *ours {
	e := New(Config{Min: 50_000, Max: 20_000_000, Start: 1_000_000}, start)
	e.Want(s.wanted)
	return &ours{e: e}
}

func (o *ours) sent(p Packet) { o.e.Sent(p) }
func (o *ours) feedback(now time.Time, p *rtcp.TransportLayerCC) {
	if err := o.f.Parse(p); err != nil {
		panic(err)
	}
	o.e.Feedback(now, &o.f)
}

func (o *ours) rate(now time.Time) int {
	o.e.Advance(now)
	return o.e.Estimate().BitsPerSecond
}
func (o *ours) probe(now time.Time) (Probe, bool) { return o.e.NextProbe(now) }
