package sfu

import (
	"time"

	"github.com/easel-live/easel/sfu/estimate"
)

const (
	// deliveryWindow is what is judged at once, if it has deliveryPackets.
	deliveryWindow  = time.Second
	deliveryPackets = 20
	// hopelessLoss is a share of lost packets that no repair makes up for. Two
	// windows in a row are not an outage.
	hopelessLoss = 0.4
	// feltLoss is a share that a queue which overflows now and then makes.
	feltLoss = 0.02
)

// delivery watches whether what is sent arrives at all. The estimate assumes
// that less is sent when it says so; a viewer's smallest layer cannot be made
// smaller, and on a path far below that the estimate takes the loss for the
// path's nature.
type delivery struct {
	began          time.Time
	bytes          int  // sent
	received, lost int  // reported
	bad            int  // windows in a row
	arrives        int  // bits per second, when bad
	loses          bool // in the newest window, or already in the one that began
}

// sent takes note of a packet.
func (d *delivery) sent(bytes int) { d.bytes += bytes }

// report takes a viewer's feedback.
func (d *delivery) report(f *estimate.Feedback, now time.Time) {
	if d.began.IsZero() {
		d.began, d.bytes = now, 0
		return
	}
	for _, s := range f.Statuses {
		if s.Received {
			d.received++
		} else {
			d.lost++
		}
	}
	took := now.Sub(d.began)
	if d.received+d.lost < deliveryPackets {
		return
	}
	share := float64(d.lost) / float64(d.received+d.lost)
	d.loses = share > feltLoss || d.loses && took < deliveryWindow
	if took < deliveryWindow {
		return
	}
	if share > hopelessLoss {
		d.bad++
		d.arrives = int((1 - share) * float64(d.bytes*8) / took.Seconds())
	} else {
		d.bad = 0
	}
	d.began, d.bytes, d.received, d.lost = now, 0, 0, 0
}

// atMost is the least of the estimate and what was seen to arrive, both in bits
// per second. hopeless says that most does not.
func (d *delivery) atMost(estimate int, now time.Time) (bitsPerSecond int, hopeless bool) {
	if d.bad < 2 || now.Sub(d.began) > 2*deliveryWindow {
		return estimate, false
	}
	return min(estimate, d.arrives), true
}
