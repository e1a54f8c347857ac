package sfu

import (
	"fmt"
	"maps"

	"github.com/pion/webrtc/v4"
)

// Negotiate starts the server's offer in two-PeerConnection mode even without
// tracks, so that data channels come up. Offers are made one at a time: what
// changes while one is out goes into the next.
func (p *Peer) Negotiate() error {
	if p.opts.Single {
		return fmt.Errorf("%w: the client offers", ErrState)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.isClosed {
		return ErrClosed
	}
	select {
	case p.kick <- struct{}{}:
	default:
	}
	return nil
}

// RestartICE begins an ICE restart towards the client (two-PeerConnection mode
// offers; in single mode the client offers and this is a no-op). If an offer is
// out, it is repeated, in case the client lost it, and the restart follows its
// answer.
func (p *Peer) RestartICE() error {
	if p.opts.Single {
		return nil
	}
	p.mu.Lock()
	p.restart = true
	isOut := p.offered
	p.mu.Unlock()
	if isOut {
		if d := p.down.pc.PendingLocalDescription(); d != nil {
			p.events.push(func(o PeerObserver) { o.OnOffer(d.SDP) })
		}
	}
	return p.Negotiate()
}

// negotiate makes offers until the peer closes.
func (p *Peer) negotiate() {
	for {
		select {
		case <-p.done:
			return
		case <-p.kick:
		}
		sdp, err := p.offer()
		switch {
		case err != nil:
			p.log.Warn("no offer could be made", "err", err)
			p.events.push(func(o PeerObserver) { o.OnDisconnected(err) })
		case sdp != "":
			p.events.push(func(o PeerObserver) { o.OnOffer(sdp) })
		}
	}
}

// offer makes the next offer; "" when one is out already.
func (p *Peer) offer() (string, error) {
	t := p.down
	t.negotiation.Lock()
	defer t.negotiation.Unlock()
	p.mu.Lock()
	if p.isClosed || p.offered {
		p.again = true
		p.mu.Unlock()
		return "", nil
	}
	options := &webrtc.OfferOptions{ICERestart: p.restart && t.pc.CurrentRemoteDescription() != nil}
	p.restart = false
	p.mu.Unlock()

	for _, s := range p.waiting() {
		if err := p.attach(s, t.addSender); err != nil {
			return "", err
		}
	}
	description, err := t.pc.CreateOffer(options)
	if err != nil {
		return "", fmt.Errorf("sfu: offer: %w", err)
	}
	p.mu.Lock()
	p.offered = true
	p.mu.Unlock()
	t.cooled = maps.Clone(t.cooling)
	return t.setLocal(description)
}

// Answer applies the client's answer on the Subscriber PeerConnection.
func (p *Peer) Answer(sdp string) error {
	if len(sdp) > MaxSDP {
		return fmt.Errorf("%w: %d bytes of SDP, at most %d", ErrLimit, len(sdp), MaxSDP)
	}
	if p.opts.Single {
		return fmt.Errorf("%w: the client offers", ErrState)
	}
	t := p.down
	t.negotiation.Lock()
	p.mu.Lock()
	offered := p.offered
	p.mu.Unlock()
	if !offered {
		t.negotiation.Unlock()
		return fmt.Errorf("%w: no offer is out", ErrState)
	}
	err := t.setRemote(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: sdp})
	if err == nil {
		maps.DeleteFunc(t.cooling, func(mid string, _ bool) bool { return t.cooled[mid] })
	}
	t.negotiation.Unlock()
	if err == nil {
		err = p.expect(sdp)
	}
	if err != nil {
		return err
	}
	p.mu.Lock()
	p.offered = false
	again := p.again || p.restart
	p.again = false
	p.mu.Unlock()
	p.activate()
	if again {
		return p.Negotiate()
	}
	return nil
}

// addSender sends track in a section that is free, or in a new one. The caller
// holds negotiation.
func (t *transport) addSender(track webrtc.TrackLocal) (*webrtc.RTPSender, error) {
	for _, tr := range t.pc.GetTransceivers() {
		if tr.Kind() == track.Kind() && tr.Sender() == nil && !t.cooling[tr.Mid()] {
			return t.pc.AddTrack(track)
		}
	}
	tr, err := t.pc.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{
		Direction: webrtc.RTPTransceiverDirectionSendonly,
	})
	if err != nil {
		return nil, err
	}
	return tr.Sender(), nil
}
