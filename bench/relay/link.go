package relay

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// ErrConditions is wrapped by errors about conditions that make no sense.
var ErrConditions = errors.New("relay: bad conditions")

// Conditions of one direction of a line. The zero value passes everything at
// once.
type Conditions struct {
	// Delay of every packet, and up to Jitter more, evenly spread. Jitter alone
	// does not reorder.
	Delay, Jitter time.Duration
	// Loss is the share of packets lost by chance, 0 to 1.
	Loss float64
	// Reorder is the share of packets held back by ReorderBy, so that later
	// ones overtake them.
	Reorder   float64
	ReorderBy time.Duration
	// Rate is the line's capacity in bits per second; 0: unlimited. Queue is
	// what may wait for it, in bytes, the packet in transmission included;
	// a packet that finds no room is dropped. 0: DefaultQueue.
	Rate  int
	Queue int
	// Schedule changes Rate as time goes on, in order of At.
	Schedule []Step
	// Outages lose every packet that is sent during one.
	Outages []Outage
}

// DefaultQueue is the queue of a limited line in bytes.
const DefaultQueue = 64 << 10

// Step changes a line's rate.
type Step struct {
	At   time.Duration // since the link began
	Rate int           // bits per second; 0: unlimited
}

// Outage is a time in which nothing passes.
type Outage struct{ From, To time.Duration }

// Check says what is wrong with conditions.
func (c Conditions) Check() error {
	switch {
	case c.Delay < 0 || c.Jitter < 0 || c.ReorderBy < 0:
		return fmt.Errorf("%w: a negative time", ErrConditions)
	case c.Loss < 0 || c.Loss > 1 || c.Reorder < 0 || c.Reorder > 1:
		return fmt.Errorf("%w: a share outside 0 to 1", ErrConditions)
	case c.Rate < 0 || c.Queue < 0:
		return fmt.Errorf("%w: a negative rate or queue", ErrConditions)
	}
	last := time.Duration(0)
	for _, s := range c.Schedule {
		if s.At < last || s.Rate < 0 {
			return fmt.Errorf("%w: schedule out of order, or a negative rate", ErrConditions)
		}
		last = s.At
	}
	for _, o := range c.Outages {
		if o.From < 0 || o.To < o.From {
			return fmt.Errorf("%w: an outage from %v to %v", ErrConditions, o.From, o.To)
		}
	}
	return nil
}

// Verdict is what became of packets.
type Verdict struct {
	Passed  uint64 `json:"passed"`
	Lost    uint64 `json:"lost"`    // by chance
	Queued  uint64 `json:"queue"`   // no room in the queue
	Outage  uint64 `json:"outage"`  // sent during an outage
	Dropped uint64 `json:"dropped"` // the relay itself could not hold or send them
}

// Link is one direction of one line. It is not safe for concurrent use.
type Link struct {
	c       Conditions
	rng     *rand.Rand
	waiting []waiting // in the queue or in transmission, oldest first
	bytes   int       // of waiting
	free    time.Duration
	last    time.Duration // latest arrival given so far
	verdict Verdict
}

type waiting struct {
	done time.Duration
	size int
}

// NewLink begins a line whose conditions passed Check. Two links with the same
// seed treat the same packets alike.
func NewLink(c Conditions, seed uint64) *Link {
	if c.Queue == 0 {
		c.Queue = DefaultQueue
	}
	return &Link{c: c, rng: rand.New(rand.NewPCG(seed, seed))}
}

// Change replaces the conditions for what is sent from now on; they passed
// Check. Times of a schedule and of outages are still since the link began.
func (l *Link) Change(c Conditions) {
	if c.Queue == 0 {
		c.Queue = DefaultQueue
	}
	l.c = c
}

// Send says when a packet of size bytes sent now arrives, if it does. Times are
// since the link began, and do not go back from call to call.
func (l *Link) Send(now time.Duration, size int) (arrival time.Duration, ok bool) {
	// Chance is drawn for every packet, whatever becomes of it, so that one
	// condition does not change what another does.
	lost, held := l.rng.Float64() < l.c.Loss, l.rng.Float64() < l.c.Reorder
	jitter := time.Duration(l.rng.Float64() * float64(l.c.Jitter))
	if l.out(now) {
		l.verdict.Outage++
		return 0, false
	}
	if lost {
		l.verdict.Lost++
		return 0, false
	}
	sent, ok := l.transmit(now, size)
	if !ok {
		l.verdict.Queued++
		return 0, false
	}
	l.verdict.Passed++
	arrival = sent + l.c.Delay + jitter
	if held {
		return arrival + l.c.ReorderBy, true
	}
	arrival = max(arrival, l.last)
	l.last = arrival
	return arrival, true
}

// Verdict is what became of the packets so far.
func (l *Link) Verdict() Verdict { return l.verdict }

func (l *Link) out(now time.Duration) bool {
	for _, o := range l.c.Outages {
		if now >= o.From && now < o.To {
			return true
		}
	}
	return false
}

// transmit queues a packet and says when its last bit is on the line.
func (l *Link) transmit(now time.Duration, size int) (done time.Duration, ok bool) {
	for len(l.waiting) > 0 && l.waiting[0].done <= now {
		l.bytes -= l.waiting[0].size
		l.waiting = l.waiting[1:]
	}
	if l.bytes+size > l.c.Queue && len(l.waiting) > 0 {
		return 0, false
	}
	begin := max(now, l.free)
	done = l.finish(begin, size)
	if done == now {
		return now, true
	}
	l.free = done
	l.waiting = append(l.waiting, waiting{done, size})
	l.bytes += size
	return done, true
}

// finish is when size bytes that begin their transmission at from are through,
// across changes of the rate.
func (l *Link) finish(from time.Duration, size int) time.Duration {
	bits := float64(size) * 8
	for {
		rate, until := l.rate(from)
		if rate == 0 {
			return from
		}
		need := time.Duration(bits / float64(rate) * float64(time.Second))
		if until < 0 || from+need <= until {
			return from + need
		}
		bits -= float64(rate) * (until - from).Seconds()
		from = until
	}
}

// rate is the capacity at a moment, and until when it holds (-1: forever).
func (l *Link) rate(at time.Duration) (rate int, until time.Duration) {
	rate = l.c.Rate
	for _, s := range l.c.Schedule {
		if s.At > at {
			return rate, s.At
		}
		rate = s.Rate
	}
	return rate, -1
}
