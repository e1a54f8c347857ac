package sfu

import (
	"fmt"
	"slices"

	"github.com/pion/webrtc/v4"
)

// Announce declares a track before its SDP (LiveKit's AddTrack).
func (p *Peer) Announce(spec TrackSpec) error {
	if !p.opts.MayPublish {
		return fmt.Errorf("%w: %s may not publish", ErrRefused, p.id)
	}
	pub := newPublication(p, spec)
	p.mu.Lock()
	switch {
	case p.isClosed:
		p.mu.Unlock()
		return ErrClosed
	case len(p.tracks) >= MaxTracks:
		p.mu.Unlock()
		return fmt.Errorf("%w: %d tracks of one participant", ErrLimit, MaxTracks)
	}
	p.tracks = append(p.tracks, pub)
	p.mu.Unlock()
	if err := p.room.publish(pub); err != nil {
		p.forget(pub)
		return err
	}
	return nil
}

// Unpublish withdraws a track; its subscriptions end.
func (p *Peer) Unpublish(id TrackID) error {
	pub, err := p.own(id)
	if err != nil {
		return err
	}
	p.forget(pub)
	p.room.withdraw(id)
	for _, d := range pub.close() {
		d.endSubscription()
	}
	return nil
}

// SetMuted tells subscribers' senders that a publication is silent for now.
func (p *Peer) SetMuted(id TrackID, muted bool) error {
	pub, err := p.own(id)
	if err != nil {
		return err
	}
	pub.setMuted(muted)
	return nil
}

func (p *Peer) own(id TrackID) (*publication, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, t := range p.tracks {
		if t.spec.ID == id {
			return t, nil
		}
	}
	return nil, fmt.Errorf("%w: %s of %s", ErrNoTrack, id, p.id)
}

func (p *Peer) forget(pub *publication) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tracks = slices.DeleteFunc(p.tracks, func(t *publication) bool { return t == pub })
	for mid, id := range p.mids {
		if id == pub.spec.ID {
			delete(p.mids, mid)
		}
	}
}

// claim ties the sections that the client sends in to the tracks it announced:
// by the msid track id, which is the announced ClientID; or, when that says
// nothing, because only one track is left to be the section's.
func (p *Peer) claim(sections []section) {
	p.mu.Lock()
	defer p.mu.Unlock()
	byMid := map[string]TrackID{}
	taken := map[TrackID]bool{}
	for _, s := range sections {
		for _, t := range p.tracks {
			if s.sends && s.track != "" && t.spec.ClientID == s.track && kindOf(t.spec.Video) == s.kind {
				byMid[s.mid] = t.spec.ID
				taken[t.spec.ID] = true
			}
		}
	}
	for _, s := range sections { // as negotiated before
		if id, ok := p.mids[s.mid]; ok && s.sends && byMid[s.mid] == "" && !taken[id] {
			byMid[s.mid] = id
			taken[id] = true
		}
	}
	for _, s := range sections {
		if !s.sends || byMid[s.mid] != "" {
			continue
		}
		var only *publication
		count := 0
		for _, t := range p.tracks {
			if !taken[t.spec.ID] && kindOf(t.spec.Video) == s.kind {
				only = t
				count++
			}
		}
		if count == 1 {
			byMid[s.mid] = only.spec.ID
			taken[only.spec.ID] = true
		}
	}
	p.mids = byMid
}

// receive reads a stream of the client's until it ends.
func (p *Peer) receive(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
	if !p.opts.MayPublish {
		_ = receiver.Stop()
		return
	}
	u := &uplink{peer: p, track: track, recv: receiver, rid: track.RID(), ssrc: uint32(track.SSRC())}
	if t := receiver.RTPTransceiver(); t != nil {
		u.mid = t.Mid()
	}
	p.mu.Lock()
	if p.isClosed {
		p.mu.Unlock()
		return
	}
	p.uplinks = append(p.uplinks, u)
	p.wg.Go(u.readRTCP)
	p.mu.Unlock()
	p.assign(u)
	u.readRTP()
	p.mu.Lock()
	p.uplinks = slices.DeleteFunc(p.uplinks, func(x *uplink) bool { return x == u })
	p.mu.Unlock()
}

// assign gives an uplink to the publication that its section carries.
func (p *Peer) assign(u *uplink) {
	p.mu.Lock()
	var pub *publication
	for _, t := range p.tracks {
		if t.spec.ID == p.mids[u.mid] {
			pub = t
		}
	}
	p.mu.Unlock()
	if pub == nil {
		u.layer.Store(nil)
		return
	}
	if pub.carries(u) {
		return
	}
	if pub.attach(u, u.track.Codec().RTPCodecCapability) {
		info := pub.info()
		p.events.push(func(o PeerObserver) { o.OnPublished(info) })
	}
}

// reassign looks again at what each section carries, after an offer.
func (p *Peer) reassign() {
	p.mu.Lock()
	uplinks := slices.Clone(p.uplinks)
	p.mu.Unlock()
	for _, u := range uplinks {
		p.assign(u)
	}
}
