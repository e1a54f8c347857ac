package sfu

import (
	"fmt"
	"slices"
	"time"

	"github.com/pion/webrtc/v4"
)

// subscription is a peer's wish for a track, and, once there is room for it in
// the peer's session, the sender that fulfils it.
type subscription struct {
	peer   *Peer
	pub    *publication
	down   *downTrack
	sender *webrtc.RTPSender // nil: waits for a section. Guarded by the transport's negotiation
	mid    string

	listen func() // reads RTCP; nil: nothing to read yet, or being read. Guarded by peer.mu
}

// Subscribe adds a subscription; media flows once negotiated. Subscribing twice is not an error.
func (p *Peer) Subscribe(id TrackID) error {
	pub, err := p.room.track(id)
	if err != nil {
		return err
	}
	s := &subscription{peer: p, pub: pub, down: newDownTrack(pub, p.shard, &p.path, p.engine.count)}
	s.down.endSubscription = func() { p.end(s) }
	p.mu.Lock()
	if p.isClosed {
		p.mu.Unlock()
		return ErrClosed
	}
	if p.find(id) != nil {
		p.mu.Unlock()
		return nil
	}
	p.subs = append(p.subs, s)
	codecs := p.codecs
	p.mu.Unlock()
	p.engine.count.subscriptions.Add(1)
	if err := pub.add(s.down); err != nil {
		p.end(s)
		return fmt.Errorf("%w: %s", err, id)
	}
	s.down.expect(codecs) // its layers are wanted before it can be sent any
	if p.opts.Single {
		p.wantSections()
		return nil
	}
	return p.Negotiate()
}

// Unsubscribe ends a subscription.
func (p *Peer) Unsubscribe(id TrackID) error {
	p.mu.Lock()
	s := p.find(id)
	p.mu.Unlock()
	if s == nil {
		return fmt.Errorf("%w: %s is not subscribed to %s", ErrNoTrack, p.id, id)
	}
	p.end(s)
	return nil
}

// Prefer sets how a subscribed track is wanted.
func (p *Peer) Prefer(id TrackID, pref Preference) error {
	p.mu.Lock()
	s := p.find(id)
	p.mu.Unlock()
	if s == nil {
		return fmt.Errorf("%w: %s is not subscribed to %s", ErrNoTrack, p.id, id)
	}
	s.down.prefer(pref)
	return nil
}

// Refresh asks for keyframes of all that the peer watches, for a viewer whose
// receiver has everything and whose window shows nothing: a browser shows no
// frame that was decoded before the page attached the track. Requests join
// everyone else's and are throttled as theirs are.
func (p *Peer) Refresh(now time.Time) {
	for _, s := range p.subscriptions() {
		s.down.refresh(now)
	}
}

// expect takes the codecs that the client's description says it can decode.
func (p *Peer) expect(sdp string) error {
	codecs, err := decodable(sdp)
	if err != nil {
		return err
	}
	p.mu.Lock()
	p.codecs = codecs
	p.mu.Unlock()
	for _, s := range p.subscriptions() {
		s.down.expect(codecs)
	}
	return nil
}

// find is the subscription to a track. The caller holds p.mu.
func (p *Peer) find(id TrackID) *subscription {
	for _, s := range p.subs {
		if s.pub.spec.ID == id {
			return s
		}
	}
	return nil
}

func (p *Peer) subscriptions() []*subscription {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.subs)
}

// end takes a subscription down: at once for what is sent, with the next
// negotiation for the session.
func (p *Peer) end(s *subscription) {
	p.mu.Lock()
	i := slices.Index(p.subs, s)
	if i >= 0 {
		p.subs = slices.Delete(p.subs, i, i+1)
		p.engine.count.subscriptions.Add(-1)
	}
	isClosed := p.isClosed
	p.mu.Unlock()
	if i < 0 {
		return
	}
	s.down.close()
	if isClosed {
		return // the connection goes as a whole
	}
	p.down.negotiation.Lock()
	sender := s.sender
	s.sender = nil
	if sender != nil {
		if err := p.down.removeSender(sender); err != nil {
			p.log.Debug("sender not removed", "track", s.pub.spec.ID, "err", err)
		}
	}
	p.down.negotiation.Unlock()
	if sender != nil && !p.opts.Single {
		_ = p.Negotiate() // fails only when the peer is closed
	}
}

// waiting are the subscriptions without a sender. The caller holds
// down.negotiation.
func (p *Peer) waiting() []*subscription {
	var list []*subscription
	for _, s := range p.subscriptions() {
		if s.sender == nil {
			list = append(list, s)
		}
	}
	return list
}

// attach gives a subscription a sender made by add. The caller holds
// down.negotiation.
func (p *Peer) attach(s *subscription, add func(webrtc.TrackLocal) (*webrtc.RTPSender, error)) error {
	sender, err := add(s.down)
	if err != nil {
		return fmt.Errorf("sfu: sender: %w", err)
	}
	s.sender = sender
	p.mu.Lock()
	defer p.mu.Unlock()
	s.listen = func() { s.down.readRTCP(sender, &p.reading) }
	return nil
}

// activate starts the senders that are negotiated, if the transport is up.
func (p *Peer) activate() {
	if !p.down.up() {
		return
	}
	direct, hearing := p.down.past()
	for _, s := range p.subscriptions() {
		if hearing == nil || hearing.tell == nil {
			p.listenTo(s)
		}
		s.down.sendBy(direct)
		s.down.activate()
	}
}

// listenTo has pion's word on a subscription read.
func (p *Peer) listenTo(s *subscription) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s.listen != nil && !p.isClosed {
		p.wg.Go(s.listen)
		s.listen = nil
	}
}
