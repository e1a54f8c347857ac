package sfu

import (
	"time"

	"github.com/easel-live/easel/sfu/estimate"
)

const (
	// firstPatience is how long after a refusal a better layer is allowed again
	// at the earliest, doubled up to maxPatience by each try that does not last.
	firstPatience, maxPatience = 2 * time.Second, 16 * time.Second
	// lasting is how long a better layer must hold to count as a success.
	lasting = 10 * time.Second
	// trial is for how long a layer that was tried on hope is left alone, unless
	// the path turns out too narrow at once.
	trial = 3 * time.Second
	// maxHope is by how much the estimate is exceeded at most when a layer is
	// tried.
	maxHope = 2.0
)

// layerHistory is when a viewer's layers changed. From it comes hope: a probe
// is short and a busy machine blurs it, so that an estimate can rest below what
// the path carries; the longer nothing speaks against it, the more a better
// layer may exceed the estimate. Sending it then tells. So no viewer stays on a
// bad picture for good.
type layerHistory struct {
	raised, lowered time.Time
	patience        time.Duration
	hope            float64 // with which the last layer was raised
}

// hopes is by what factor the estimate may be exceeded.
func (h *layerHistory) hopes(now time.Time, state estimate.State) float64 {
	if state != estimate.Growing {
		return 1
	}
	if now.Sub(h.raised) < trial {
		return h.hope
	}
	since := h.lowered
	if since.IsZero() {
		return 1
	}
	if h.raised.After(since) {
		since = h.raised
	}
	patience := max(h.patience, firstPatience)
	return 1 + (maxHope-1)*min(max(float64(now.Sub(since)-2*patience)/float64(4*patience), 0), 1)
}

// change remembers that layers were raised or lowered.
func (h *layerHistory) change(isRaise bool, hope float64, now time.Time) {
	if isRaise {
		h.raised, h.hope = now, hope
		return
	}
	if !h.raised.IsZero() && now.Sub(h.raised) < lasting {
		h.patience = min(max(2*h.patience, 2*firstPatience), maxPatience)
	} else {
		h.patience = firstPatience
	}
	h.lowered = now
}

// budget is known once the viewer has reported something.
func (p *path) budget(now time.Time) (b budget, known bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.est == nil {
		return b, false
	}
	e := p.est.Estimate()
	b.carried, b.hopeless = p.delivery.atMost(e.BitsPerSecond, now)
	lasting, _ := p.delivery.atMost(e.Lasting, now)
	b.total = int(p.layers.hopes(now, e.State) * float64(lasting))
	since := now.Sub(p.layers.lowered)
	b.mayRaise, b.mayShow = since >= p.layers.patience, since >= firstPatience
	return b, e.State != estimate.Starting
}

// changed remembers a change of layers.
func (p *path) changed(isRaise bool, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	hope := 1.0
	if p.est != nil {
		hope = p.layers.hopes(now, p.est.Estimate().State)
	}
	p.layers.change(isRaise, hope, now)
	if !isRaise && p.est != nil {
		p.narrowed = now
		p.repace(now)
	}
}
