package sfu

import (
	"sync"
	"time"

	"github.com/pion/rtcp"

	"github.com/easel-live/easel/sfu/estimate"
)

// firstEstimate is what a path is taken to carry until its viewer's reports say
// otherwise, in bits per second: both layers of a desktop.
const firstEstimate = 4_000_000

// narrowFor is for how long after a layer was given up packets keep the pace of
// the estimate, whether any get lost or not.
const narrowFor = 2 * time.Second

// path is the way to one viewer: what it carries, by the viewer's reports, and
// how fast its packets leave. All tracks of a viewer share it.
type path struct {
	mu       sync.Mutex
	pace     pace
	sequence uint16 // of the next packet, transport-wide
	feedback estimate.Feedback
	// est is made by the first report; until then nothing is known, nothing is
	// held back and no layer is refused.
	est   *estimate.Estimator
	probe estimate.Probe // to be sent; ID 0: none

	delivery delivery
	narrowed time.Time // a layer had to be given up
	loss     loss
	layers   layerHistory
}

// number gives a packet its transport-wide number and takes note of it.
// numbered is false for viewers that did not negotiate them.
func (p *path) number(bytes int, numbered bool, probe uint8, now time.Time) uint16 {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pace.spend(bytes)
	p.delivery.sent(bytes)
	sequence := p.sequence
	if numbered {
		p.sequence++
	}
	if p.est != nil {
		p.est.Sent(estimate.Packet{Sequence: sequence, Bytes: bytes, Sent: now, Probe: probe})
	}
	return sequence
}

// open says whether a packet may leave now.
func (p *path) open(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pace.open(now)
}

// estimator is the path's, made when first asked for. The caller holds p.mu.
func (p *path) estimator(now time.Time) *estimate.Estimator {
	if p.est == nil {
		cfg := estimate.Defaults()
		cfg.Start = firstEstimate
		p.est = estimate.New(cfg, now)
	}
	return p.est
}

// hear takes what the viewer reports of the path; other reports are ignored.
func (p *path) hear(packet rtcp.Packet, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch r := packet.(type) {
	case *rtcp.TransportLayerCC:
		p.estimator(now)
		if p.feedback.Parse(r) == nil {
			p.est.Feedback(now, &p.feedback)
			p.delivery.report(&p.feedback, now)
		}
	case *rtcp.ReceiverEstimatedMaximumBitrate:
		p.estimator(now).REMB(now, float64(r.Bitrate))
	default:
		return
	}
	p.repace(now)
}

// tick lets time pass; wanted is what the viewer's tracks could use. It says
// whether a probe waits to be sent.
func (p *path) tick(now time.Time, wanted int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.est == nil {
		return false
	}
	p.est.Want(wanted)
	p.est.Advance(now)
	p.repace(now)
	if probe, ok := p.est.NextProbe(now); ok {
		p.probe = probe
		return true
	}
	return false
}

// repace follows the estimate while packets get lost, and for a while after a
// layer had to be given up: what takes its place would be lost in the queue that
// it left. Else delay alone holds nothing back: it may be a busy machine at the
// other end. The caller holds p.mu.
func (p *path) repace(now time.Time) {
	if p.delivery.loses || now.Sub(p.narrowed) < narrowFor {
		p.pace.set(p.est.Estimate().BitsPerSecond, now)
		return
	}
	p.pace.rate = 0
}

// sendsAtLeast tells what the layers in use take, in bits per second.
func (p *path) sendsAtLeast(bitsPerSecond int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pace.least = bitsPerSecond
}

// takeProbe is the probe that is to be sent now; ok is false when there is none.
func (p *path) takeProbe() (probe estimate.Probe, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	probe, p.probe = p.probe, estimate.Probe{}
	return probe, probe.ID != 0
}
