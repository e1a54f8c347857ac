package sfu

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"

	"github.com/easel-live/easel/sfu/seal"
)

// transport is one PeerConnection with what JSEP leaves to the application:
// candidates that come before the description they belong to.
type transport struct {
	target Target
	pc     *webrtc.PeerConnection
	route  *route
	keys   *seal.Keys

	// negotiation is held for the whole of an offer/answer step.
	negotiation sync.Mutex
	// cooling are sections whose sender was removed, until that has been
	// negotiated: pion does not take them for another sender before.
	cooling map[string]bool
	cooled  map[string]bool // those that the offer in flight frees

	mu          sync.Mutex
	early       []webrtc.ICECandidateInit
	isDescribed bool // the remote description is set
	isGathered  bool // local candidates were sent with a description
	isUp        bool
	direct      *direct  // made when first up; nil: pion sends RTP
	hearing     *hearing // made when first up; nil: pion hears everything
}

func newTransport(p *Peer, target Target, publishes bool) (*transport, error) {
	way := &route{entrance: entrance{count: p.engine.count, isOpen: publishes}, arrivals: p.engine.arrivals}
	t := &transport{target: target, route: way, keys: &seal.Keys{}, cooling: map[string]bool{}}
	var err error
	if t.pc, err = p.engine.newConnection(p.shard, publishes, p.opts.TCP, t.route, t.keys); err != nil {
		return nil, err
	}
	return t, nil
}

func (t *transport) addCandidate(c webrtc.ICECandidateInit) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.isDescribed {
		if len(t.early) >= MaxCandidates {
			return fmt.Errorf("%w: %d candidates wait for a description", ErrLimit, len(t.early))
		}
		t.early = append(t.early, c)
		return nil
	}
	if err := t.pc.AddICECandidate(c); err != nil {
		return fmt.Errorf("sfu: candidate: %w", err)
	}
	return nil
}

// setRemote applies a remote description and the candidates that waited for it.
func (t *transport) setRemote(d webrtc.SessionDescription) error {
	if err := t.pc.SetRemoteDescription(d); errors.Is(err, webrtc.ErrConnectionClosed) {
		return fmt.Errorf("%w: %w", ErrClosed, err)
	} else if err != nil {
		return fmt.Errorf("%w: %w", ErrSDP, err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.isDescribed = true
	for _, c := range t.early {
		_ = t.pc.AddICECandidate(c) // a bad candidate spoils nothing
	}
	t.early = nil
	return nil
}

// setLocal applies our description and returns it with all candidates in it,
// which are at hand at once: the sockets are open already.
func (t *transport) setLocal(d webrtc.SessionDescription) (string, error) {
	gathered := webrtc.GatheringCompletePromise(t.pc)
	if err := t.pc.SetLocalDescription(d); err != nil {
		return "", fmt.Errorf("sfu: local description: %w", err)
	}
	patience := time.NewTimer(gatherPatience)
	defer patience.Stop()
	select {
	case <-gathered:
	case <-patience.C:
	}
	t.mu.Lock()
	t.isGathered = true
	t.mu.Unlock()
	return t.pc.LocalDescription().SDP, nil
}

// candidate encodes a local candidate that came too late for the description;
// ok is false for the others.
func (t *transport) candidate(c *webrtc.ICECandidate) (init string, ok bool) {
	t.mu.Lock()
	isLate := t.isGathered
	t.mu.Unlock()
	if c == nil || !isLate {
		return "", false
	}
	text, err := json.Marshal(c.ToJSON())
	return string(text), err == nil
}

// open finds the ways past pion, when the connection is there for the first
// time. Tell takes the peer's reports, if pion need not read them: a publisher's
// go with its streams.
func (t *transport) open(on *shard, reads *reading, tell func([]rtcp.Packet, time.Time)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.route.isOpen {
		tell = nil
	}
	if t.hearing == nil {
		if t.hearing = newHearing(t.keys, reads, tell); t.hearing != nil {
			take := t.hearing.take
			t.route.tap.Store(&take)
		}
	}
	if batch, ok := on.lane.(batcher); ok && t.direct == nil {
		t.direct = newDirect(batch, t.route, t.keys)
	}
}

func (t *transport) setUp(up bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.isUp = up
}

// past are the ways past pion, out and in. Either may be missing.
func (t *transport) past() (*direct, *hearing) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.direct, t.hearing
}

func (t *transport) up() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.isUp
}

// midOf is the section that a sender got, "" if none.
func (t *transport) midOf(sender *webrtc.RTPSender) string {
	for _, tr := range t.pc.GetTransceivers() {
		if tr.Sender() == sender {
			return tr.Mid()
		}
	}
	return ""
}

// removeSender ends a sender; its section is free again once that has been
// negotiated. The caller holds negotiation.
func (t *transport) removeSender(sender *webrtc.RTPSender) error {
	if mid := t.midOf(sender); mid != "" {
		t.cooling[mid] = true
	}
	return t.pc.RemoveTrack(sender)
}
