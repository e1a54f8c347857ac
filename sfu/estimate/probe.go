package estimate

import "time"

const (
	// probeTime is how long a probe would take at its own rate: long enough to
	// outlast jitter, short enough that its queue is not felt.
	probeTime = 25 * time.Millisecond
	// probePackets is the least number of packets that tells a rate.
	probePackets = 8
	// firstProbe and laterProbe are by how much a probe exceeds the estimate:
	// boldly while nothing is known.
	firstProbe, laterProbe = 3, 2
	// probeWait is the time between probes, doubled up to probeWaitMax by those
	// that find nothing.
	probeWait, probeWaitMax = time.Second, 4 * time.Second
	// probeAgain is the time to the next probe after one that reached its rate.
	probeAgain = 150 * time.Millisecond
	// probePatience is how long an answer may take.
	probePatience = time.Second
	// probeShare of a probe's packets must arrive for it to count, and
	// probeWhole for it to have found nothing in its way.
	probeShare, probeWhole = 0.5, 0.8
	// probeSafe is the share of a found rate that is used.
	probeSafe = 0.92
	// unanswered probes in a row end probing until feedback comes.
	unanswered = 3
)

// Probe is a burst to be sent at once, on top of media: Bytes in at least
// Packets packets, retransmissions or padding, each reported to Sent with the
// probe's ID.
type Probe struct {
	ID            uint8 // never 0
	BitsPerSecond int   // what it looks for
	Bytes         int
	Packets       int
}

// prober decides when to look for more, and judges what comes back.
type prober struct {
	probe  Probe // the one under way; ID 0: none
	lastID uint8
	began  time.Duration // sender's clock
	next   time.Duration
	wait   time.Duration
	silent int // probes without any answer

	sent, arrived, lost int
	first, last         time.Duration // arrivals, receiver's clock
	bits                int           // of everything that arrived since the first
	open                bool          // the first arrived
}

func (p *prober) active() bool { return p.probe.ID != 0 }

// begin makes a probe of the given rate.
func (p *prober) begin(at time.Duration, bitsPerSecond int) Probe {
	p.lastID++
	if p.lastID == 0 {
		p.lastID = 1
	}
	bytes := int(float64(bitsPerSecond) / 8 * probeTime.Seconds())
	*p = prober{
		probe: Probe{ID: p.lastID, BitsPerSecond: bitsPerSecond, Bytes: max(bytes, 2000), Packets: probePackets},
		began: at, lastID: p.lastID, wait: max(p.wait, probeWait), silent: p.silent + 1,
	}
	return p.probe
}

// delayed says whether a packet may have waited behind the probe.
func (p *prober) delayed(sentAt time.Duration) bool {
	return p.lastID != 0 && sentAt >= p.began && sentAt-p.began < 4*probeTime
}

func (p *prober) ack(a ack) {
	p.silent = 0
	if !p.active() {
		return
	}
	if a.probe == p.probe.ID {
		p.arrived++
		if !p.open {
			p.open, p.first, p.last, p.bits = true, a.arrival, a.arrival, 0
			return
		}
		p.last = max(p.last, a.arrival)
	}
	if p.open && (a.probe == p.probe.ID || a.arrival < p.last) {
		p.bits += a.bytes * 8
	}
}

// result ends the probe when everything is known about it, or will not be.
// found is 0 when it says nothing; else full tells that the link carried it
// all.
func (p *prober) result(at time.Duration) (found int, full bool) {
	if !p.active() {
		return 0, false
	}
	if (p.sent == 0 || p.arrived+p.lost < p.sent) && at-p.began < probePatience {
		return 0, false
	}
	want, took := p.probe.BitsPerSecond, p.last-p.first
	share := float64(p.arrived) / float64(max(p.sent, 1))
	p.probe = Probe{}
	if p.arrived < probePackets/2 || share < probeShare {
		return 0, false
	}
	rate := float64(p.bits) / max(took, time.Millisecond).Seconds()
	if share >= probeWhole && rate >= 0.9*float64(want) {
		return want, true
	}
	return int(min(rate, share*float64(want))), false
}

// schedule plans the next probe after one that ended.
func (p *prober) schedule(at time.Duration, gained, full bool) {
	switch {
	case gained && full:
		p.wait, p.next = probeWait, at+probeAgain
	case gained:
		p.wait, p.next = probeWait, at+p.waiting()
	default:
		p.wait = min(2*p.waiting(), probeWaitMax)
		p.next = at + p.wait
	}
}

func (p *prober) waiting() time.Duration { return max(p.wait, probeWait) }

// postpone keeps probes away from a link that was just found too slow.
func (p *prober) postpone(at time.Duration) {
	p.probe = Probe{}
	p.next = max(p.next, at+p.waiting())
}
