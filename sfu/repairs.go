package sfu

import (
	"errors"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
)

// hearRepairs listens for reports that name the subscription's RTX stream:
// transport-wide feedback names whichever stream's packet came last, and pion
// hands a sender only what names its first. The stream is therefore received
// too, though nothing but RTCP ever comes on it. The transport must be up.
func (p *Peer) hearRepairs(s *subscription) error {
	ssrc := s.down.repairSSRC()
	if ssrc == 0 {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.isClosed || s.repairs != nil || p.find(s.pub.spec.ID) != s {
		return nil
	}
	receiver, err := p.engine.apis[p.shard.index].viewers.NewRTPReceiver(webrtc.RTPCodecTypeVideo, p.down.pc.SCTP().Transport())
	if err == nil {
		err = receiver.Receive(webrtc.RTPReceiveParameters{Encodings: []webrtc.RTPDecodingParameters{
			{RTPCodingParameters: webrtc.RTPCodingParameters{SSRC: webrtc.SSRC(ssrc)}},
		}})
	}
	if err != nil {
		return errors.Join(err, stopReceiver(receiver))
	}
	s.repairs = receiver
	p.wg.Go(func() { s.down.readReports(receiver) })
	return nil
}

func stopReceiver(r *webrtc.RTPReceiver) error {
	if r == nil {
		return nil
	}
	return r.Stop()
}

// readReports takes reports on the path until the receiver stops. Everything
// else comes to the sender as well.
func (d *downTrack) readReports(receiver *webrtc.RTPReceiver) {
	buf := make([]byte, receiveMTU)
	for {
		n, _, err := receiver.Read(buf)
		if err != nil {
			return
		}
		packets, err := rtcp.Unmarshal(buf[:n])
		if err != nil {
			continue
		}
		for _, r := range packets {
			d.path.hear(r, time.Now())
		}
	}
}

// repairSSRC is the RTX stream's, 0 when there is none or nobody numbers it.
func (d *downTrack) repairSSRC() uint32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, f := range d.formats {
		if d.isReady && d.numbered && f.rtx != 0 {
			return d.rtx.ssrc
		}
	}
	return 0
}
