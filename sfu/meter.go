package sfu

import "sync/atomic"

// meterTicks is the window in which a layer's bitrate is measured, in ticks of
// the room: a second.
const meterTicks = 10

// meter measures what a layer takes. The uplink adds, the room's tick reckons,
// viewers ask.
type meter struct {
	bytes  atomic.Int64 // since the last tick
	needed atomic.Int64 // bits per second

	window [meterTicks]int64
	at     int
}

// need is the bits per second that the layer takes while something happens on
// the screen: the highest of late, which fades by half in seven seconds.
func (m *meter) need() int { return int(m.needed.Load()) }

// tick ends a tick of the room, a tenth of a second. One goroutine calls it.
func (m *meter) tick() {
	m.window[m.at] = m.bytes.Swap(0)
	m.at = (m.at + 1) % meterTicks
	var sum int64
	for _, b := range m.window {
		sum += b
	}
	m.needed.Store(max(sum*8, m.needed.Load()*99/100))
}
