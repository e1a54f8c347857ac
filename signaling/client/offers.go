package client

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/livekit/protocol/livekit"
	"github.com/pion/webrtc/v4"
)

// offers is the negotiation: in single mode the client offers and the server
// answers, one offer at a time.
type offers struct {
	want    chan struct{} // something changed that needs an offer
	resend  chan struct{} // the pending offer, or its answer, may be lost
	answers chan *livekit.SessionDescription
	restart atomic.Bool // the next offer restarts ICE
	id      uint32      // of the last offer made; the negotiating goroutine's own
	pending *livekit.SessionDescription

	mu    sync.Mutex
	early []webrtc.ICECandidateInit // candidates before the first answer
	ready bool
}

// maxEarly bounds the candidates that wait for the first answer.
const maxEarly = 64

func newOffers() offers {
	return offers{
		want:    make(chan struct{}, 1),
		resend:  make(chan struct{}, 1),
		answers: make(chan *livekit.SessionDescription, 4),
	}
}

// makeOffer describes this side with all its candidates in place: they are host
// candidates, found at once, and an offer that is complete needs no trickle.
func (c *Conn) makeOffer(ctx context.Context, restart bool) (*livekit.SessionDescription, error) {
	offer, err := c.pc.CreateOffer(&webrtc.OfferOptions{ICERestart: restart})
	if err != nil {
		return nil, fmt.Errorf("client: create offer: %w", err)
	}
	gathered := webrtc.GatheringCompletePromise(c.pc)
	if err := c.pc.SetLocalDescription(offer); err != nil {
		return nil, fmt.Errorf("client: apply offer: %w", err)
	}
	select {
	case <-gathered:
	case <-ctx.Done():
		return nil, fmt.Errorf("client: gathering: %w", context.Cause(ctx))
	}
	c.offers.id++
	c.offers.pending = &livekit.SessionDescription{
		Type: "offer", Sdp: onlySent(c.pc.LocalDescription().SDP), Id: c.offers.id,
	}
	return c.offers.pending, nil
}

// onlySent drops the layers that a renegotiated offer claims to receive: pion
// repeats the server's answer there, and a server that reads them takes the
// layers that are sent for gone.
func onlySent(sdp string) string {
	var out strings.Builder
	for line := range strings.Lines(sdp) {
		text := strings.TrimSpace(line)
		received := strings.HasPrefix(text, "a=rid:") && strings.HasSuffix(text, " recv") ||
			strings.HasPrefix(text, "a=simulcast:recv ")
		if !received {
			out.WriteString(line)
		}
	}
	return out.String()
}

// negotiate waits for the answer to the offer that went with the join request,
// then offers again whenever something changed.
func (c *Conn) negotiate() {
	for c.awaitAnswer() {
		select {
		case <-c.ctx.Done():
			return
		case <-c.offers.want:
		}
		offer, err := c.makeOffer(c.ctx, c.offers.restart.Swap(false))
		if err != nil {
			c.cancel(err)
			return
		}
		c.sendOffer(offer)
	}
}

func (c *Conn) sendOffer(offer *livekit.SessionDescription) {
	err := c.send(&livekit.SignalRequest{Message: &livekit.SignalRequest_Offer{Offer: offer}})
	if err != nil {
		c.log.Debug("offer waits for the resume", "error", err)
	}
}

// awaitAnswer applies the answer to the pending offer; false when the
// connection ended instead.
func (c *Conn) awaitAnswer() bool {
	for {
		select {
		case <-c.ctx.Done():
			return false
		case <-c.offers.resend:
			c.sendOffer(c.offers.pending)
		case answer := <-c.offers.answers:
			if answer.GetId() != c.offers.id {
				continue
			}
			if err := c.applyAnswer(answer); err != nil {
				c.cancel(err)
				return false
			}
			return true
		}
	}
}

func (c *Conn) applyAnswer(answer *livekit.SessionDescription) error {
	desc := webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer.GetSdp()}
	if err := c.pc.SetRemoteDescription(desc); err != nil {
		return fmt.Errorf("client: apply answer: %w", err)
	}
	o := &c.offers
	o.mu.Lock()
	early := o.early
	o.early, o.ready = nil, true
	o.mu.Unlock()
	for _, init := range early {
		c.addCandidate(init)
	}
	select { // an answer in hand needs no resending
	case <-o.resend:
	default:
	}
	return nil
}

func (o *offers) answered(answer *livekit.SessionDescription) {
	select {
	case o.answers <- answer:
	default: // nobody waits for so many: they are stale
	}
}

func (o *offers) trickled(c *Conn, t *livekit.TrickleRequest) {
	var init webrtc.ICECandidateInit
	if err := json.Unmarshal([]byte(t.GetCandidateInit()), &init); err != nil {
		c.log.Debug("bad candidate", "error", err)
		return
	}
	o.mu.Lock()
	wait := !o.ready
	if wait && len(o.early) < maxEarly {
		o.early = append(o.early, init)
	}
	o.mu.Unlock()
	if !wait {
		c.addCandidate(init)
	}
}

func (c *Conn) addCandidate(init webrtc.ICECandidateInit) {
	if err := c.pc.AddICECandidate(init); err != nil {
		c.log.Debug("candidate refused", "error", err)
	}
}

// again asks for a new offer.
func (o *offers) again() {
	select {
	case o.want <- struct{}{}:
	default:
	}
}

// resumed repeats what the lost link may have swallowed, and restarts ICE.
func (o *offers) resumed() {
	o.restart.Store(true)
	select {
	case o.resend <- struct{}{}:
	default:
	}
	o.again()
}

// addSections makes room for so many more tracks of the server's.
func (c *Conn) addSections(kind webrtc.RTPCodecType, n int) error {
	for range n {
		_, err := c.pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{
			Direction: webrtc.RTPTransceiverDirectionRecvonly,
		})
		if err != nil {
			return fmt.Errorf("client: add section: %w", err)
		}
	}
	return nil
}

// maxSections bounds what one message of the server may ask for.
const maxSections = 256

func (c *Conn) moreSections(r *livekit.MediaSectionsRequirement) error {
	if r.GetNumAudios() > maxSections || r.GetNumVideos() > maxSections {
		return fmt.Errorf("client: server wants %d and %d sections", r.GetNumAudios(), r.GetNumVideos())
	}
	if err := c.addSections(webrtc.RTPCodecTypeAudio, int(r.GetNumAudios())); err != nil {
		return err
	}
	if err := c.addSections(webrtc.RTPCodecTypeVideo, int(r.GetNumVideos())); err != nil {
		return err
	}
	c.offers.again()
	return nil
}
