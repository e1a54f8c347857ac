package sfu

import "time"

// maxProbePackets bounds a probe.
const maxProbePackets = 200

// maxProbeLooks bounds the search for packets where most are left out.
const maxProbeLooks = 4 * maxProbePackets

// sendProbe sends the probe that is due, if one is: packets of late once more,
// by RTX, whose numbers are its own. A viewer without RTX is not probed. The
// caller holds d.mu.
func (d *downTrack) sendProbe(now time.Time) {
	l := d.current
	if l == nil || d.rtx.ssrc == 0 || d.formats[l.rendition].rtx == 0 {
		return
	}
	probe, ok := d.path.takeProbe()
	if !ok {
		return
	}
	l.ring.RLock()
	defer l.ring.RUnlock()
	bytes, packets, index := 0, 0, d.next
	for looks := 0; looks < maxProbeLooks && packets < maxProbePackets && (bytes < probe.Bytes || packets < probe.Packets); looks++ {
		index--
		sent := 0
		p := l.ring.At(index)
		if p != nil {
			sent = d.writeAgain(l, p, probe.ID)
		}
		switch {
		case sent > 0:
			bytes += sent + overhead
			packets++
		case p != nil && p.Steps.In != 0: // left out
		case index == d.next-1:
			return
		default: // the viewer's packets began here: once more from the newest
			index = d.next
		}
	}
	d.count.probes.Add(uint64(packets))
}
