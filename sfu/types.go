package sfu

import (
	"time"

	"github.com/pion/webrtc/v4"
)

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

	qualities = 3
)

// PeerOptions fix what a participant's media side may do.
type PeerOptions struct {
	Single     bool // one PeerConnection, the client offers; else two
	MayPublish bool
	// Follows says that its encoders do as they are told: each stream's bitrate
	// is set by the REMB that names it.
	Follows bool
	TCP     bool // its transports are ICE-TCP alone
}

// LayerSpec is one announced simulcast layer.
type LayerSpec struct {
	Quality       Quality
	Width, Height int
	RID           string // "q", "h", "f"; may be empty
	SSRC          uint32 // when the client names SSRCs instead of RIDs
	BitsPerSecond int    // at most; 0: not announced
}

// TrackSpec is a track as announced by its publisher, before any SDP.
type TrackSpec struct {
	ID            TrackID
	Video         bool
	Width, Height int
	// Renditions are what the track is published in: one to MaxRenditions, in
	// the publisher's order of preference.
	Renditions []RenditionSpec
}

// RenditionSpec is a track in one codec.
type RenditionSpec struct {
	// Codec, if known before media comes: without it any viewer is taken to be
	// able to decode the rendition until then.
	Codec webrtc.RTPCodecCapability
	// ClientID is LiveKit's cid: the msid track id in the publisher's SDP. Empty
	// for a rendition that is published when somebody needs it; see Supplement.
	ClientID string
	Layers   []LayerSpec // none: those of the first rendition
}

// PublicationInfo describes a publication.
type PublicationInfo struct {
	ID        TrackID
	Publisher ParticipantID
	Video     bool
	Muted     bool
	// Renditions are as announced.
	Renditions []RenditionInfo
}

// RenditionInfo is what is known of a rendition once its media arrived.
type RenditionInfo struct {
	MimeType string // "video/VP8"; empty until then
	MID      string
}

// Preference is how a subscriber wants to see a track.
type Preference struct {
	Disabled      bool
	MaxQuality    Quality
	Width, Height int // size shown, in pixels; 0: not told
}

// PeerObserver is told what happens on a peer. Calls for one peer come one at
// a time, in order, never while a lock of sfu is held; they may call back into
// the peer, except Close, which waits for them.
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
	// Called again when that of another rendition does.
	OnPublished(info PublicationInfo)
	// OnWatched: which layers of a track of the peer's are to be sent, by
	// rendition as announced, lowest first, after that has changed: at first all
	// of the first rendition and nothing of the others. More is told at once,
	// less once it has lasted.
	OnWatched(id TrackID, watched [][]Quality)
	// OnStreamState: a subscribed track is paused, because the way to the
	// viewer does not carry even its smallest layer, or goes on.
	OnStreamState(id TrackID, paused bool)
	// OnConnection: how well the connection serves the participant, after that has
	// changed for a while.
	OnConnection(c Connection)
	// OnConnected: the primary transport is up (again).
	OnConnected()
	// OnInterrupted: nothing has come by the primary transport for seconds; an ICE
	// restart may find another way.
	OnInterrupted()
	// OnDisconnected: the primary transport failed or closed; ICE restart may heal it.
	OnDisconnected(err error)
}

func kindOf(video bool) webrtc.RTPCodecType {
	if video {
		return webrtc.RTPCodecTypeVideo
	}
	return webrtc.RTPCodecTypeAudio
}

// ticksBetween is the time between two instants in ticks of an RTP clock.
func ticksBetween(from, to time.Time, rate uint32) uint32 {
	return uint32(int64(to.Sub(from)/time.Microsecond) * int64(rate) / 1e6)
}
