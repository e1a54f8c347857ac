package estimate

import "time"

const (
	lossWindow  = 200 * time.Millisecond
	lossPackets = 20
	// lossHigh is the share of lost packets above which the rate goes down, and
	// lossHold above which it does not grow freely
	// (draft-ietf-rmcat-gcc-02 section 6).
	lossHigh, lossHold = 0.10, 0.02
	// outage: so many losses in a row are an interruption, not a full queue,
	// which lets some packets through.
	outage = 64
	// tolerated is by how much loss may rise over what a lossy link does anyhow.
	tolerated = 1.3
)

// loss follows the share of lost packets, and learns when it does not depend
// on the rate: a link that loses a fifth of everything is not helped by sending
// less.
type loss struct {
	began            time.Duration
	expected, missed int
	row              int // lost in a row
	average          float64
	inherent         float64 // share that lowering the rate did not change
	before           float64 // the average when the rate was last lowered
	futile           int     // times in a row that lowering did not help
}

func (l *loss) arrived() { l.expected, l.row = l.expected+1, 0 }

// lost counts a loss. One of an interruption is taken back.
func (l *loss) lost() {
	l.expected++
	l.missed++
	if l.row++; l.row == outage {
		l.expected -= outage
		l.missed -= outage
	} else if l.row > outage {
		l.expected--
		l.missed--
	}
	l.expected, l.missed = max(l.expected, 0), max(l.missed, 0)
}

// late takes a loss back: the packet came after all.
func (l *loss) late() { l.missed = max(l.missed-1, 0) }

// update ends a window when there is enough in it, and says by which factor
// the rate should go down: 1 for not at all.
func (l *loss) update(now time.Duration) (factor float64) {
	if now-l.began < lossWindow || l.expected < lossPackets {
		return 1
	}
	share := float64(l.missed) / float64(l.expected)
	l.began, l.expected, l.missed = now, 0, 0
	l.average += 0.4 * (share - l.average)
	excess := min(share, l.average) - l.inherent*tolerated
	if excess <= lossHigh {
		if l.average < lossHold {
			l.inherent, l.futile, l.before = 0, 0, 0
		}
		return 1
	}
	if l.before > 0 && l.average > 0.8*l.before {
		l.futile++
	} else {
		l.futile = 0
	}
	l.before = l.average
	if l.futile >= 4 {
		l.inherent, l.futile = l.average, 0
	}
	return 1 - 0.5*excess
}

// holds says that the rate may not run ahead of what arrives.
func (l *loss) holds() bool { return l.average > lossHold }
