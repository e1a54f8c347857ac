package sfu

import "github.com/pion/webrtc/v4"

// ParticipantID is a LiveKit participant sid ("PA_…"); TrackID a track sid ("TR_…").
type (
	ParticipantID string
	TrackID       string
)

// Target says which of a participant's PeerConnections is meant. A participant
// in single mode has only Publisher, which then also carries what it receives.
type Target int

// Targets, numbered as in LiveKit's SignalTarget.
const (
	Publisher  Target = 0
	Subscriber Target = 1
)

// DataKind is the reliability of a data packet.
type DataKind int

// Data channels: "_reliable" (ordered) and "_lossy" (unordered, no retransmits).
const (
	Reliable DataKind = iota
	Lossy
)

// Quality is a simulcast layer by name, numbered as in LiveKit's VideoQuality.
type Quality int

// Qualities, lowest first. Off pauses.
const (
	Off  Quality = -1
	Low  Quality = 0
	Mid  Quality = 1
	High Quality = 2
)

// PeerOptions fix what a participant's media side may do.
type PeerOptions struct {
	Single     bool // one PeerConnection, the client offers; else two
	MayPublish bool
}

// LayerSpec is one announced simulcast layer.
type LayerSpec struct {
	Quality       Quality
	Width, Height int
	RID           string // "q", "h", "f"; may be empty
	SSRC          uint32 // when the client names SSRCs instead of RIDs
}

// TrackSpec is a track as announced by its publisher, before any SDP.
type TrackSpec struct {
	ID            TrackID
	ClientID      string // LiveKit's cid: the msid track id in the publisher's SDP
	Video         bool
	Width, Height int
	Layers        []LayerSpec
}

// PublicationInfo describes a publication.
type PublicationInfo struct {
	ID        TrackID
	Publisher ParticipantID
	Video     bool
	MimeType  string // "video/VP8"; empty until media arrived
	MID       string
	Muted     bool
}

// Preference is how a subscriber wants to see a track.
type Preference struct {
	Disabled      bool
	MaxQuality    Quality
	Width, Height int // size shown, in pixels; 0: not told
}

// PeerObserver is told what happens on a peer. Calls for one peer come one at
// a time, in order, never while a lock of sfu is held; they may call back into
// the peer.
type PeerObserver interface {
	// OnOffer: the server offers (two PeerConnections, Subscriber target).
	OnOffer(sdp string)
	// OnCandidate: a local ICE candidate to trickle (JSON of RTCIceCandidateInit).
	OnCandidate(t Target, candidateInit string)
	// OnSectionsWanted: single mode; the client must offer so many more
	// receiving sections (MediaSectionsRequirement) before all subscriptions fit.
	OnSectionsWanted(audio, video int)
	// OnData: a message arrived on a data channel. payload belongs to the callee.
	OnData(kind DataKind, payload []byte)
	// OnPublished: media of an announced track arrived; viewers can have it.
	OnPublished(info PublicationInfo)
	// OnConnected: the primary transport is up (again).
	OnConnected()
	// OnDisconnected: the transport failed or closed; ICE restart may heal it.
	OnDisconnected(err error)
}

// Peer is a participant's media side.
type Peer struct{}

// Announce declares a track before its SDP (LiveKit's AddTrack).
func (p *Peer) Announce(spec TrackSpec) error { panic("skeleton") }

// Unpublish withdraws a track; its subscriptions end.
func (p *Peer) Unpublish(id TrackID) error { panic("skeleton") }

// SetMuted tells subscribers' senders that a publication is silent for now.
func (p *Peer) SetMuted(id TrackID, muted bool) error { panic("skeleton") }

// Offer applies the client's offer on the Publisher PeerConnection and returns
// the answer, with every local host candidate in it, and the track of each
// section that carries one (mid → track, received and sent ones).
func (p *Peer) Offer(sdp string) (answer string, mids map[string]TrackID, err error) {
	panic("skeleton")
}

// Answer applies the client's answer on the Subscriber PeerConnection.
func (p *Peer) Answer(sdp string) error { panic("skeleton") }

// AddCandidate applies a remote candidate; those that come before the remote
// description wait for it (bounded).
func (p *Peer) AddCandidate(t Target, c webrtc.ICECandidateInit) error { panic("skeleton") }

// Subscribe adds a subscription; media flows once negotiated. Subscribing twice is not an error.
func (p *Peer) Subscribe(id TrackID) error { panic("skeleton") }

// Unsubscribe ends a subscription.
func (p *Peer) Unsubscribe(id TrackID) error { panic("skeleton") }

// Prefer sets how a subscribed track is wanted.
func (p *Peer) Prefer(id TrackID, pref Preference) error { panic("skeleton") }

// Negotiate starts the server's offer in two-PeerConnection mode even without
// tracks, so that data channels come up.
func (p *Peer) Negotiate() error { panic("skeleton") }

// RestartICE begins an ICE restart towards the client (two-PeerConnection mode
// offers; in single mode the client offers and this is a no-op).
func (p *Peer) RestartICE() error { panic("skeleton") }

// Send queues a data message; reliable messages wait, within a bound, for the
// channel to open, lossy ones are dropped when it is not open or is congested.
func (p *Peer) Send(kind DataKind, payload []byte) error { panic("skeleton") }

// Close ends the peer and waits until nothing of it runs any more.
func (p *Peer) Close() { panic("skeleton") }
