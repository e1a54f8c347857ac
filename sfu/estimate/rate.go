package estimate

import "time"

const (
	buckets     = 10
	bucketWidth = 50 * time.Millisecond
)

// meter is the rate over the last half second.
type meter struct {
	bits [buckets]int
	last int64 // number of the newest bucket
	sum  int
}

func (m *meter) move(at time.Duration) bool {
	bucket := int64(at / bucketWidth)
	if bucket <= m.last-buckets {
		return false // older than the window
	}
	for steps := 0; m.last < bucket; m.last++ {
		if steps++; steps > buckets {
			m.last = bucket
			break
		}
		i := (m.last + 1) % buckets
		m.sum -= m.bits[i]
		m.bits[i] = 0
	}
	return true
}

func (m *meter) add(at time.Duration, bytes int) {
	if at < 0 || !m.move(at) {
		return
	}
	m.bits[int64(at/bucketWidth)%buckets] += bytes * 8
	m.sum += bytes * 8
}

// rate is in bits per second at the given time.
func (m *meter) rate(at time.Duration) int {
	if at >= 0 {
		m.move(at)
	}
	return m.sum * int(time.Second/bucketWidth) / buckets
}
