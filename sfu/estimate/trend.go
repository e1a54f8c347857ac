package estimate

import "time"

const (
	// burstGap: packets sent within it are one burst.
	burstGap = 5 * time.Millisecond
	// points is how many bursts a slope is fitted to.
	points = 20
	// span is how far back they may reach; older ones belong to another time.
	span = 600 * time.Millisecond
	// The threshold of growth, in ms, and how fast it follows what it is
	// compared with (draft-ietf-rmcat-gcc-02 section 5.4).
	thresholdStart, thresholdMin, thresholdMax = 12.5, 6, 100
	thresholdUp, thresholdDown                 = 0.01, 0.0005
	thresholdOutlier                           = 15
)

// trend tells whether the queue grows: the slope of the queueing delay of
// bursts' first packets, by least squares, times the time it was seen for.
type trend struct {
	at, delay [points]float64 // ms
	count     int             // bursts ever
	began     time.Duration   // of the newest burst
	threshold float64
	times     int // in a row above the threshold
	changed   float64
}

// add takes a packet's queueing delay and says whether the queue grows too
// fast.
func (t *trend) add(sentAt, delay time.Duration) (over bool) {
	if t.count > 0 && sentAt-t.began < burstGap {
		return false
	}
	t.began = sentAt
	now := ms(sentAt)
	t.at[t.count%points], t.delay[t.count%points] = now, ms(delay)
	t.count++
	growth, ok := t.growth(now)
	if !ok {
		return false
	}
	defer t.adapt(now, growth)
	if growth > t.threshold && ms(delay) > t.threshold {
		t.times++
	} else {
		t.times = 0
	}
	return t.times >= 2
}

// growth is by how many ms the queue became longer within span.
func (t *trend) growth(now float64) (float64, bool) {
	var n, sumX, sumY float64
	first := now
	for i := range min(t.count, points) {
		if now-t.at[i] <= ms(span) {
			n++
			sumX += t.at[i] - now
			sumY += t.delay[i]
			first = min(first, t.at[i])
		}
	}
	if n < 4 {
		return 0, false
	}
	var num, den float64
	for i := range min(t.count, points) {
		if now-t.at[i] <= ms(span) {
			x := t.at[i] - now - sumX/n
			num += x * (t.delay[i] - sumY/n)
			den += x * x
		}
	}
	if den == 0 {
		return 0, false
	}
	return num / den * (now - first), true
}

func (t *trend) adapt(now, growth float64) {
	if t.threshold == 0 {
		t.threshold = thresholdStart
	}
	passed := min(now-t.changed, 100)
	t.changed = now
	size := max(growth, -growth)
	if size > t.threshold+thresholdOutlier {
		return
	}
	k := thresholdDown
	if size > t.threshold {
		k = thresholdUp
	}
	t.threshold = min(max(t.threshold+k*passed*(size-t.threshold), thresholdMin), thresholdMax)
}

// reset forgets the bursts, not the threshold.
func (t *trend) reset() { t.count, t.times = 0, 0 }

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
