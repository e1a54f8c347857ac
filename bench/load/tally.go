package load

import (
	"sync"
	"time"
)

// tally is what one viewer saw. Its reader adds, the run's sampler looks.
type tally struct {
	format   format
	mu       sync.Mutex
	delays   Histogram
	packets  uint64 // stamped packets, each index once while measuring
	repeats  uint64 // stamped packets that had come before
	other    uint64 // packets without a stamp: the server's own
	window   window
	frame    firstFrame
	began    time.Time // asked to join
	packetAt time.Time // first stamped packet
	frameAt  time.Time // first whole key frame
}

// window is the part of the publisher's packets that a measurement counts.
type window struct {
	open bool
	from uint32
	seen []uint64 // bitmap of index-from
}

// firstFrame follows packets until one whole key frame has come in order.
type firstFrame struct {
	inside bool
	next   uint32
}

// maxWindow bounds the packets of a window: 4 MB of bitmap.
const maxWindow = 1 << 25

// add notes one packet of the track; blind: there has been no whole picture yet.
func (t *tally) add(payload []byte, marker bool, now time.Time) (blind bool) {
	s, ok := readStamp(payload)
	t.mu.Lock()
	defer t.mu.Unlock()
	if !ok {
		t.other++
		return t.frameAt.IsZero()
	}
	if t.packetAt.IsZero() {
		t.packetAt = now
	}
	if t.frameAt.IsZero() && t.frame.complete(s.index, t.format.keyStart(payload), marker) {
		t.frameAt = now
	}
	if t.window.repeated(s.index) {
		t.repeats++
	} else {
		t.packets++
		t.delays.Add(now.Sub(s.sent))
	}
	return t.frameAt.IsZero()
}

func (f *firstFrame) complete(index uint32, start, marker bool) bool {
	switch {
	case start:
		f.inside = true
	case !f.inside || index != f.next:
		f.inside = false
		return false
	}
	f.next = index + 1
	return marker
}

// repeated marks an index of the window and says whether it was marked before.
func (w *window) repeated(index uint32) bool {
	at := index - w.from
	if !w.open || at >= maxWindow {
		return false
	}
	word, bit := int(at/64), uint64(1)<<(at%64)
	for word >= len(w.seen) {
		w.seen = append(w.seen, 0)
	}
	if w.seen[word]&bit != 0 {
		return true
	}
	w.seen[word] |= bit
	return false
}

// count is how many of the window's packets in [from, to) have come.
func (w *window) count(from, to uint32) int {
	n := 0
	for i := from - w.from; i != to-w.from; i++ {
		if int(i/64) < len(w.seen) && w.seen[i/64]&(1<<(i%64)) != 0 {
			n++
		}
	}
	return n
}

// openWindow begins the measurement at the publisher's packet from: what comes
// late from before is not part of it.
func (t *tally) openWindow(from uint32) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.window = window{open: true, from: from, seen: make([]uint64, 0, 64)}
}

// received is how many packets of the window in [from, to) came.
func (t *tally) received(from, to uint32) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.window.count(from, to)
}

// seen is a copy of the running counts.
type seen struct {
	delays         Histogram
	packets, other uint64
	repeats        uint64
}

// addTo adds the running counts to sum.
func (t *tally) addTo(sum *seen) {
	t.mu.Lock()
	defer t.mu.Unlock()
	sum.delays.Merge(&t.delays)
	sum.packets += t.packets
	sum.other += t.other
	sum.repeats += t.repeats
}

// joined is how long the first packet and the first whole key frame took; zero:
// not yet there.
func (t *tally) joined() (toPacket, toFrame time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.packetAt.IsZero() {
		toPacket = t.packetAt.Sub(t.began)
	}
	if !t.frameAt.IsZero() {
		toFrame = t.frameAt.Sub(t.began)
	}
	return toPacket, toFrame
}
