package estimate

import "time"

// State says what the estimate is based on, and where it goes.
type State int

// The states.
const (
	Starting State = iota // nothing was measured yet
	Growing               // what is sent arrives
	Draining              // the link was too slow; the queue has to empty first
	Lossy                 // lowered by loss
	Stalled               // what is sent is not reported on
	Remote                // the client says so itself
)

// String is the state in lower case.
func (s State) String() string {
	return [...]string{"starting", "growing", "draining", "lossy", "stalled", "remote"}[s]
}

// Estimate is what the way to a viewer carries.
type Estimate struct {
	BitsPerSecond int
	// Lasting is BitsPerSecond when no queue has to drain first.
	Lasting int
	State   State
}

// Estimator estimates for one viewer. One goroutine uses it.
type Estimator struct {
	config Config
	epoch  time.Time
	wanted int

	history  history
	sentRate meter // sender's clock
	queue    queue
	trend    trend
	capacity capacity
	loss     loss
	prober   prober
	control

	heard        bool
	clock        time.Duration // unwrapped arrival last heard
	clockRaw     time.Duration // and as it was reported
	ackedRate    meter         // receiver's clock
	lastFeedback time.Duration
	roundTrip    time.Duration // shortest recent time from sending to hearing of it
	acks         []ack         // scratch
}

// New makes an estimator; now is the zero of its clock.
func New(config Config, now time.Time) *Estimator {
	config = config.sane()
	return &Estimator{
		config:  config,
		epoch:   now,
		wanted:  config.Max,
		queue:   newQueue(),
		control: control{target: config.Start},
	}
}

func (e *Estimator) since(now time.Time) time.Duration { return max(now.Sub(e.epoch), 0) }

// Want tells what the viewer could use at most, in bits per second: no probe
// looks for more.
func (e *Estimator) Want(bitsPerSecond int) {
	e.wanted = min(max(bitsPerSecond, e.config.Min), e.config.Max)
}

// Sent takes a packet, in the order of sending.
func (e *Estimator) Sent(p Packet) {
	at := e.since(p.Sent)
	p.Bytes = min(max(p.Bytes, 0), 1<<16-1)
	e.history.add(p, at)
	e.sentRate.add(at, p.Bytes)
	e.lastSent = at
	if e.waiting++; e.waiting == 1 {
		e.waitingSince = at
	}
	if e.prober.active() && p.Probe == e.prober.probe.ID {
		e.prober.sent++
	}
}

// Estimate is the present estimate.
func (e *Estimator) Estimate() Estimate {
	bounded := func(bits int) int { return min(max(bits, e.config.Min), e.config.Max) }
	out := Estimate{BitsPerSecond: bounded(e.output()), State: e.state}
	out.Lasting = out.BitsPerSecond
	if e.state == Draining {
		out.Lasting = bounded(e.target)
	}
	return out
}

// Advance lets time pass when no feedback comes; the caller calls it a few
// times a second while it sends.
func (e *Estimator) Advance(now time.Time) {
	at := e.since(now)
	e.stall(e.roundTrip)
	e.finishProbe(at)
}

// NextProbe returns a probe when one is due. The caller sends it at once.
func (e *Estimator) NextProbe(now time.Time) (Probe, bool) {
	at := e.since(now)
	e.finishProbe(at)
	rate := laterProbe * e.target
	if e.state == Starting {
		rate = firstProbe * e.target
	}
	rate = min(rate, e.wanted+e.wanted/10, e.config.Max)
	switch {
	case e.prober.active(), at < e.prober.next, e.prober.silent >= unanswered:
		return Probe{}, false
	case e.state != Starting && e.state != Growing:
		return Probe{}, false
	case e.target >= e.wanted, rate <= e.target+e.target/20:
		return Probe{}, false
	}
	return e.prober.begin(at, rate), true
}

func (e *Estimator) finishProbe(at time.Duration) {
	if !e.prober.active() {
		return
	}
	found, full := e.prober.result(at)
	if e.prober.active() {
		return
	}
	gained := false
	if found > 0 && e.state != Draining && e.state != Stalled {
		usable := found
		if !full {
			usable = int(probeSafe * float64(found))
		}
		if gained = usable > e.target; gained {
			e.set(usable)
		}
		if e.state == Starting {
			e.state = Growing
		}
	}
	e.prober.schedule(at, gained, full)
}

func (e *Estimator) set(bitsPerSecond int) {
	e.target = min(max(bitsPerSecond, e.config.Min), e.config.Max)
}
