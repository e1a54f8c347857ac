package sfu

import (
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
)

// readRTCP takes what the viewer says of the stream until the sender stops.
func (d *downTrack) readRTCP(sender *webrtc.RTPSender, reads *reading) {
	buf := make([]byte, receiveMTU)
	for {
		n, _, err := sender.Read(buf)
		if err != nil {
			return
		}
		now := time.Now()
		for _, p := range reads.read(buf[:n], now) {
			d.hear(p, now)
		}
	}
}

func (d *downTrack) hear(p rtcp.Packet, now time.Time) {
	switch p := p.(type) {
	case *rtcp.TransportLayerNack:
		d.want(p.Nacks)
	case *rtcp.TransportLayerCC, *rtcp.ReceiverEstimatedMaximumBitrate:
		d.path.hear(p, now)
	case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
		d.lostPicture(now)
	case *rtcp.ReceiverReport:
		for _, r := range p.Reports {
			d.hearReport(r, now)
		}
	}
}

// lostPicture takes a receiver's request for a keyframe, unless it merely has
// nothing to see.
func (d *downTrack) lostPicture(now time.Time) { d.plead(now, true) }

// refresh takes a page's request, which knows what its window shows.
func (d *downTrack) refresh(now time.Time) { d.plead(now, false) }

// plead passes a viewer's request for a keyframe to the layer, where it joins
// everyone else's; a doubted one is weighed for impatience first.
func (d *downTrack) plead(now time.Time, doubted bool) {
	d.mu.Lock()
	l := d.current
	impatient := doubted && d.stillness.impatient(now, d.lastSent, d.header.SequenceNumber)
	passes := !impatient && d.pleas.grant(now)
	d.mu.Unlock()
	if l != nil && passes {
		l.wantKeyframe(now)
	}
}

// hearReport notes what the viewer has, and measures the round trip (RFC 3550
// section 6.4.1).
func (d *downTrack) hearReport(r rtcp.ReceptionReport, now time.Time) {
	d.mu.Lock()
	if r.SSRC == d.header.SSRC {
		d.stillness.report(r.LastSequenceNumber, now)
	}
	d.mu.Unlock()
	d.path.hearLoss(r.FractionLost, now)
	if r.LastSenderReport == 0 {
		return
	}
	units := uint32(toNTP(now)>>16) - r.LastSenderReport - r.Delay
	if units > 10<<16 {
		return
	}
	d.mu.Lock()
	d.roundTrip = time.Duration(units) * time.Second >> 16
	d.mu.Unlock()
}

// report is the sender report that is due.
func (d *downTrack) report(now time.Time) *rtcp.SenderReport {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.reported = now
	timestamp, _ := d.munger.Last()
	rate := uint32(90000)
	if l := d.munger.Source(); l != nil {
		rate = l.rate
	}
	return &rtcp.SenderReport{
		SSRC: d.header.SSRC, NTPTime: toNTP(now),
		RTPTime:     timestamp + ticksBetween(d.lastSent, now, rate),
		PacketCount: d.packets, OctetCount: d.octets,
	}
}
