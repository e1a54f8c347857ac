package signaling

import (
	"math"
	"time"

	"github.com/easel-live/easel/sfu"
	"github.com/easel-live/easel/wire"
)

// maxPhotonMS is the longest input-to-photon latency believed.
const maxPhotonMS = 60_000

// onControl acts on a control message; it goes to nobody else.
func (p *participant) onControl(payload []byte) {
	c, err := wire.DecodeControl(payload)
	if err != nil {
		p.drop("malformed")
		p.log.Debug("control message refused", "error", err)
		return
	}
	switch c.Type {
	case wire.ControlReport:
		p.onReport(c.PhotonMS)
		return
	case wire.ControlWay:
		p.onWay(c)
		return
	case wire.ControlEcho:
		p.echo(c.Code)
		return
	case wire.ControlRefresh:
		if peer := p.media.peer.Load(); peer != nil {
			peer.Refresh(time.Now())
		}
		return
	}
	if !p.data.commands.Allow() {
		p.drop("rate")
		p.refuse(&wire.Control{Code: "too_fast", Reason: "that was too much at once; wait a moment"})
		return
	}
	p.room.post(func() {
		if !p.gone {
			p.command(c)
		}
	})
}

// command does what p asks. It runs on the room's goroutine.
func (p *participant) command(c *wire.Control) {
	r := p.room
	before := r.arbiter.Lease().Rules
	if err := r.arbiter.Command(p.claims.Identity, c, time.Now()); err != nil {
		p.refuse(&wire.Control{Code: reasonWord(err), Reason: err.Error(), To: c.To})
		return
	}
	r.decided(p, c, before)
	r.tend()
}

// echo answers by the data channel, whatever else there is: whoever asks wants to
// know whether that one lives, both ways, and tells by the code which of the
// questions was heard.
func (p *participant) echo(code string) {
	if len(code) > wire.MaxEcho {
		p.drop("malformed")
		return
	}
	if peer := p.media.peer.Load(); peer != nil {
		packet := p.room.controlPacket(&wire.Control{Type: wire.ControlEcho, Code: code})
		_ = peer.Send(sfu.Lossy, packet) // no answer is an answer
	}
}

// onReport passes on the measured latencies that can be true.
func (p *participant) onReport(ms []float64) {
	plausible := ms[:0]
	for _, v := range ms {
		if v > 0 && v <= maxPhotonMS && !math.IsNaN(v) {
			plausible = append(plausible, v)
		}
	}
	if len(plausible) > 0 {
		p.room.server.cfg.Observer.Photons(p.room.name, p.person(), plausible)
	}
}
