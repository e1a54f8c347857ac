package sfu

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"

	"github.com/easel-live/easel/internal/fmtp"
	"github.com/easel-live/easel/sfu/reception"
)

// Announce declares a track before its SDP (LiveKit's AddTrack).
func (p *Peer) Announce(spec TrackSpec) error {
	if !p.opts.MayPublish {
		return fmt.Errorf("%w: %s may not publish", ErrRefused, p.id)
	}
	if len(spec.Renditions) == 0 || len(spec.Renditions) > MaxRenditions {
		return fmt.Errorf("%w: %d renditions, 1 to %d", ErrLimit, len(spec.Renditions), MaxRenditions)
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

// Supplement gives a rendition that was announced without one its ClientID, now
// that it is about to be published, and its layers, unless there are none.
func (p *Peer) Supplement(id TrackID, rendition int, clientID string, layers []LayerSpec) error {
	pub, err := p.own(id)
	if err != nil {
		return err
	}
	if rendition < 0 || rendition >= len(pub.renditions) {
		return fmt.Errorf("%w: rendition %d of %s", ErrNoTrack, rendition, id)
	}
	r := pub.renditions[rendition]
	pub.mu.Lock()
	defer pub.mu.Unlock()
	r.spec.ClientID = clientID
	if len(layers) > 0 {
		r.spec.Layers = layers
		r.announce(layers)
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
	for mid, r := range p.mids {
		if r.pub == pub {
			delete(p.mids, mid)
		}
	}
}

// claim ties the sections that the client sends in to the renditions it
// announced: by the msid track id, which is the announced ClientID; or, when
// that says nothing, because only one track is left to be the section's.
func (p *Peer) claim(sections []section) {
	p.mu.Lock()
	defer p.mu.Unlock()
	byMid := map[string]*rendition{}
	taken := map[*rendition]bool{}
	for _, s := range sections {
		for _, t := range p.tracks {
			if !s.sends || s.track == "" || kindOf(t.spec.Video) != s.kind {
				continue
			}
			if r := t.named(s.track); r != nil {
				byMid[s.mid] = r
				taken[r] = true
			}
		}
	}
	for _, s := range sections { // as negotiated before
		if r := p.mids[s.mid]; r != nil && s.sends && byMid[s.mid] == nil && !taken[r] {
			byMid[s.mid] = r
			taken[r] = true
		}
	}
	for _, s := range sections {
		if !s.sends || byMid[s.mid] != nil {
			continue
		}
		var only *rendition
		count := 0
		for _, t := range p.tracks {
			if first := t.renditions[0]; !taken[first] && kindOf(t.spec.Video) == s.kind {
				only = first
				count++
			}
		}
		if count == 1 {
			byMid[s.mid] = only
			taken[only] = true
		}
	}
	p.mids = byMid
}

// preferAnnounced puts the announced codec first in the sections that carry
// announced tracks: a browser sends the first of the answer, and offers them in
// an order of its own. The remote description is set; the caller holds
// up.negotiation.
func (p *Peer) preferAnnounced() error {
	p.mu.Lock()
	mids := maps.Clone(p.mids)
	p.mu.Unlock()
	for _, tr := range p.up.pc.GetTransceivers() {
		r := mids[tr.Mid()]
		if r == nil || r.spec.Codec.MimeType == "" || tr.Receiver() == nil {
			continue
		}
		codecs := slices.Clone(tr.Receiver().GetParameters().Codecs)
		slices.SortStableFunc(codecs, func(a, b webrtc.RTPCodecParameters) int { return r.foreign(a) - r.foreign(b) })
		if err := tr.SetCodecPreferences(codecs); err != nil {
			return fmt.Errorf("sfu: codecs of section %s: %w", tr.Mid(), err)
		}
	}
	return nil
}

// foreign is 0 for the announced codec, in the announced profile if one was, and
// 1 or 2 for what is less.
func (r *rendition) foreign(c webrtc.RTPCodecParameters) int {
	want := r.spec.Codec
	switch {
	case !strings.EqualFold(c.MimeType, want.MimeType):
		return 2
	case !fmtp.Same(c.MimeType, c.SDPFmtpLine, want.SDPFmtpLine):
		return 1
	default:
		return 0
	}
}

// receive reads a stream of the client's until it ends.
func (p *Peer) receive(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
	if !p.opts.MayPublish {
		_ = receiver.Stop()
		return
	}
	u := &uplink{peer: p, track: track, recv: receiver, rid: track.RID(), ssrc: uint32(track.SSRC())}
	u.stream = reception.New(u.ssrc, track.Codec().ClockRate)
	if t := receiver.RTPTransceiver(); t != nil {
		u.mid = t.Mid()
	}
	for _, e := range receiver.GetParameters().HeaderExtensions {
		switch e.URI {
		case colorSpaceURI:
			u.colour = uint8(e.ID)
		case sdp.TransportCCURI:
			u.transport = uint8(e.ID)
		case descriptorURI:
			u.describes = uint8(e.ID)
		}
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
	p.hearStream(u)
	u.readRTP()
	p.forgetStream(u)
	p.mu.Lock()
	p.uplinks = slices.DeleteFunc(p.uplinks, func(x *uplink) bool { return x == u })
	p.mu.Unlock()
}

// assign gives an uplink to the rendition that its section carries.
func (p *Peer) assign(u *uplink) {
	p.mu.Lock()
	r := p.mids[u.mid]
	p.mu.Unlock()
	if r == nil {
		u.layer.Store(nil)
		return
	}
	if r.carries(u) {
		return
	}
	if r.attach(u, u.track.Codec().RTPCodecCapability) {
		info := r.pub.info()
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
