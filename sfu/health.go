package sfu

import "time"

// Connection is how well a participant's connection serves them, numbered as in
// LiveKit's ConnectionQuality.
type Connection int

// Connections. Lost is a transport that is down.
const (
	Poor      Connection = 0
	Good      Connection = 1
	Excellent Connection = 2
	Lost      Connection = 3
)

const (
	// healthTicks are the room's ticks in one look at a connection: a second.
	healthTicks = 10
	// A change is told when so many looks in a row say so: sooner for the worse.
	looksForWorse, looksForBetter = 2, 4
	// goodLoss and poorLoss are shares of packets lost on the way to a viewer,
	// before repair, that a picture in motion shows a little and clearly.
	goodLoss, poorLoss = 0.03, 0.12
	// goodGaps and poorGaps are shares of ticks in which packets of a publisher
	// came to be missing, or came late.
	goodGaps, poorGaps = 0.3, 0.7
)

// health judges a participant's connection, once a second. The room's goroutine
// alone uses it.
type health struct {
	ticks, gaps int  // since the last look
	less        bool // a viewer got a smaller layer than it wants
	missing     int  // packets of the participant's own tracks, in the last tick
	wasUp       bool

	told      Connection
	isTold    bool
	candidate Connection // what the looks of late say
	looks     int        // in a row
}

// tick takes one tick; ok is true when there is a change to tell.
func (h *health) tick(p *Peer, now time.Time) (c Connection, ok bool) {
	isUp := p.down.up()
	h.wasUp = h.wasUp || isUp
	if !h.wasUp {
		return 0, false // not there yet
	}
	h.ticks++
	if missing := p.missing(); missing != h.missing {
		h.missing = missing
		h.gaps++
	}
	if h.ticks < healthTicks {
		return 0, false
	}
	c = h.judge(isUp, p.path.lossShare(now))
	h.ticks, h.gaps, h.less = 0, 0, false
	return c, h.changes(c)
}

// judge takes a look.
func (h *health) judge(isUp bool, loss float64) Connection {
	gaps := float64(h.gaps) / float64(h.ticks)
	switch {
	case !isUp:
		return Lost
	case loss > poorLoss || gaps > poorGaps:
		return Poor
	case loss > goodLoss || gaps > goodGaps || h.less:
		return Good
	}
	return Excellent
}

// changes takes what a look says, and says whether to tell it.
func (h *health) changes(c Connection) bool {
	if h.looks++; c != h.candidate {
		h.candidate, h.looks = c, 1
	}
	needed := looksForBetter
	if !h.isTold || rank(c) < rank(h.told) {
		needed = looksForWorse
	}
	if h.looks < needed || h.isTold && c == h.told {
		return false
	}
	h.told, h.isTold = c, true
	return true
}

// rank orders connections, the worst first.
func rank(c Connection) int {
	if c == Lost {
		return -1
	}
	return int(c)
}

// missing is how many packets of the peer's own tracks are awaited. What never
// comes stays among them for long, so it is changes that tell of losses.
func (p *Peer) missing() (packets int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, u := range p.uplinks {
		if l := u.layer.Load(); l != nil {
			packets += l.ring.Missing()
		}
	}
	return packets
}

// tellHealth tells the participant, and whoever it concerns, how the connection
// does.
func (p *Peer) tellHealth(now time.Time) {
	if c, ok := p.health.tick(p, now); ok {
		p.events.push(func(o PeerObserver) { o.OnConnection(c) })
	}
}

// lossAge is how long a viewer's word about loss counts.
const lossAge = 5 * time.Second

// loss is the worst that a viewer reported of late.
type loss struct {
	share float64
	at    time.Time
}

// hearLoss takes the share of packets that a receiver report says were lost
// since the one before (RFC 3550 section 6.4.1).
func (p *path) hearLoss(fraction uint8, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	share := float64(fraction) / 256
	if share >= p.loss.share || now.Sub(p.loss.at) > time.Second {
		p.loss = loss{share, now}
	}
}

func (p *path) lossShare(now time.Time) float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now.Sub(p.loss.at) > lossAge {
		return 0
	}
	return p.loss.share
}
