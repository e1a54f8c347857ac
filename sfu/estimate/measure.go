package estimate

import (
	"math"
	"time"
)

// clockJump is by how much the receiver's clock may differ from ours in the
// time between two feedbacks before it counts as set anew.
const clockJump = 10 * time.Second

// Feedback takes what the viewer reports. Statuses of packets that were never
// sent, or were acknowledged before, are ignored.
func (e *Estimator) Feedback(now time.Time, f *Feedback) {
	at := e.since(now)
	e.collect(at, f)
	if len(e.acks) == 0 {
		return
	}
	e.heard, e.lastFeedback, e.waiting = true, at, 0
	o := e.measure(at)
	e.finishProbe(at)
	if e.unmoved(at, o.low) {
		e.queue.forget(o.low)
		e.trend.reset()
		e.futile, e.futileLow, e.low, e.state = 0, 0, 0, Growing
		return
	}
	if e.step(o) {
		e.trend.reset()
		e.prober.postpone(at)
	}
	e.set(e.target)
}

// collect finds the acknowledged packets among those sent, and counts losses.
func (e *Estimator) collect(at time.Duration, f *Feedback) {
	e.acks = e.acks[:0]
	for _, s := range f.Statuses {
		p := e.history.find(s.Sequence)
		if p == nil || p.fate == arrived {
			continue
		}
		ours := p.probe != 0 && p.probe == e.prober.probe.ID
		if !s.Received {
			if p.fate == unknown {
				p.fate = lost
				e.loss.lost()
				if ours {
					e.prober.lost++
				}
			}
			continue
		}
		if p.fate == lost {
			e.loss.late()
			if ours {
				e.prober.lost--
			}
		} else {
			e.loss.arrived()
		}
		p.fate = arrived
		if len(e.acks) == 0 {
			e.follow(at, s.Arrival)
		}
		e.acks = append(e.acks, ack{sent: p.at, arrival: e.unwrap(s.Arrival), bytes: int(p.bytes), probe: p.probe})
	}
}

// follow moves the receiver's clock to raw, or begins anew when it jumped.
func (e *Estimator) follow(at, raw time.Duration) {
	arrival := e.unwrap(raw)
	drift := arrival - e.clock - (at - e.lastFeedback)
	if !e.heard || drift > clockJump || drift < -clockJump {
		arrival = at
		e.queue, e.capacity, e.ackedRate = newQueue(), capacity{}, meter{}
		e.trend.reset()
	}
	e.clock, e.clockRaw = arrival, raw
}

// unwrap places a reported arrival near the receiver's clock.
func (e *Estimator) unwrap(raw time.Duration) time.Duration {
	d := (raw - e.clockRaw) % Wrap
	switch {
	case d > Wrap/2:
		d -= Wrap
	case d < -Wrap/2:
		d += Wrap
	}
	return e.clock + d
}

func (e *Estimator) measure(at time.Duration) observed {
	o := observed{at: at, low: math.MaxInt64, sending: e.sentRate.rate(at)}
	for _, a := range e.acks {
		delay := e.queue.delay(a)
		e.ackedRate.add(a.arrival, a.bytes)
		if s := e.capacity.add(a, e.queue.base()); s > 0 {
			o.sample = s
		}
		e.prober.ack(a)
		o.low, o.high = min(o.low, delay), max(o.high, delay)
		if a.probe == 0 && !e.prober.delayed(a.sent) && e.trend.add(a.sent, delay) {
			o.over = true
		}
	}
	last := e.acks[len(e.acks)-1]
	if trip := at - last.sent; e.roundTrip == 0 || trip < e.roundTrip {
		e.roundTrip = max(trip, time.Millisecond)
	} else {
		e.roundTrip += (trip - e.roundTrip) / 16
	}
	o.roundTrip = e.roundTrip
	o.link = e.capacity.now(last.arrival)
	o.acked = e.ackedRate.rate(last.arrival)
	o.factor, o.lossy = e.loss.update(at), e.loss.holds()
	return o
}
