package sfu

import (
	"fmt"
	"maps"

	"github.com/pion/webrtc/v4"
)

// Offer applies the client's offer on the Publisher PeerConnection and returns
// the answer, with every local host candidate in it, and the track of each
// section that carries one (mid → track, received and sent ones).
func (p *Peer) Offer(sdp string) (answer string, mids map[string]TrackID, err error) {
	sections, sdp, err := parseOffer(sdp)
	if err != nil {
		return "", nil, err
	}
	if p.opts.Single {
		if err := p.expect(sdp); err != nil {
			return "", nil, err
		}
	}
	t := p.up
	t.negotiation.Lock()
	answer, unused, err := p.answer(sections, sdp)
	mids = p.carried()
	t.negotiation.Unlock()
	if err != nil {
		if t.pc.SignalingState() == webrtc.SignalingStateHaveRemoteOffer {
			// pion has no way back from here: the client has to start anew.
			p.events.push(func(o PeerObserver) { o.OnDisconnected(err) })
		}
		return "", nil, err
	}
	if answer, err = closeEmpty(answer, unused); err != nil {
		return "", nil, err
	}
	p.reassign()
	p.activate()
	if p.opts.Single {
		p.mu.Lock()
		p.answered = true
		clear(p.asked)
		p.mu.Unlock()
		p.wantSections()
	}
	return answer, mids, nil
}

// answer does the offer/answer step. unused are the sections offered to receive
// in that nothing is sent in.
func (p *Peer) answer(sections []section, offer string) (answer string, unused map[string]bool, err error) {
	t := p.up
	cooled := maps.Clone(t.cooling)
	if err := t.setRemote(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}); err != nil {
		return "", nil, err
	}
	p.claim(sections)
	if err := p.preferAnnounced(); err != nil {
		return "", nil, err
	}
	if p.opts.Single {
		if err := p.fill(sections); err != nil {
			return "", nil, err
		}
	}
	unused = map[string]bool{}
	for _, tr := range t.pc.GetTransceivers() {
		unused[tr.Mid()] = tr.Sender() == nil
	}
	description, err := t.pc.CreateAnswer(nil)
	if err != nil {
		return "", nil, fmt.Errorf("%w: %w", ErrSDP, err)
	}
	if answer, err = t.setLocal(description); err != nil {
		return "", nil, err
	}
	maps.DeleteFunc(t.cooling, func(mid string, _ bool) bool { return cooled[mid] })
	return answer, unused, nil
}

// fill puts waiting subscriptions into the sections that the client offers to
// receive in and that are free, so that they are part of this very answer.
func (p *Peer) fill(sections []section) error {
	t := p.down
	free := p.free(sections)
	for _, s := range p.waiting() {
		kind := s.down.Kind()
		if len(free[kind]) == 0 {
			continue
		}
		if err := p.attach(s, t.pc.AddTrack); err != nil {
			return err
		}
		// AddTrack takes the first free section of the kind.
		free[kind] = free[kind][1:]
		s.mid = t.midOf(s.sender)
		if s.mid == "" {
			return fmt.Errorf("%w: no section for %s", ErrState, s.pub.spec.ID)
		}
	}
	return nil
}

// free are the sections that the client only receives in and that have no
// sender, by kind.
func (p *Peer) free(sections []section) map[webrtc.RTPCodecType][]string {
	t := p.down
	free := map[webrtc.RTPCodecType][]string{}
	isFree := map[string]bool{}
	for _, tr := range t.pc.GetTransceivers() {
		isFree[tr.Mid()] = tr.Sender() == nil && !t.cooling[tr.Mid()]
	}
	for _, s := range sections {
		if s.takes && isFree[s.mid] {
			free[s.kind] = append(free[s.kind], s.mid)
		}
	}
	return free
}

// carried is the track of each section of up. The caller holds up.negotiation.
func (p *Peer) carried() map[string]TrackID {
	p.mu.Lock()
	defer p.mu.Unlock()
	mids := make(map[string]TrackID, len(p.mids))
	for mid, r := range p.mids {
		mids[mid] = r.pub.spec.ID
	}
	if p.opts.Single {
		for _, s := range p.subs {
			if s.sender != nil && s.mid != "" {
				mids[s.mid] = s.pub.spec.ID
			}
		}
	}
	return mids
}

// wantSections asks a single-mode client to offer sections for subscriptions
// that have none. It asks once for each, and not before the client's first
// offer, which may have room for them.
func (p *Peer) wantSections() {
	p.down.negotiation.Lock()
	waiting := p.waiting()
	p.down.negotiation.Unlock()
	missing := map[webrtc.RTPCodecType]int{}
	for _, s := range waiting {
		missing[s.down.Kind()]++
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.answered || p.isClosed {
		return
	}
	audio := missing[webrtc.RTPCodecTypeAudio] - p.asked[webrtc.RTPCodecTypeAudio]
	video := missing[webrtc.RTPCodecTypeVideo] - p.asked[webrtc.RTPCodecTypeVideo]
	audio, video = max(audio, 0), max(video, 0)
	if audio+video == 0 {
		return
	}
	p.asked[webrtc.RTPCodecTypeAudio] += audio
	p.asked[webrtc.RTPCodecTypeVideo] += video
	p.events.push(func(o PeerObserver) { o.OnSectionsWanted(audio, video) })
}
