// Package client joins a room as the LiveKit protocol's other side: the agent
// publishes the display with it, the bench watches with it. It speaks the
// single-PeerConnection mode (join_request), so it joins livekit-server as well
// as Easel.
//
// A Conn heals short losses by itself: a lost WebSocket is resumed and ICE
// restarted, and what was published stays published. What cannot be healed ends
// the Conn, and its owner dials again.
package client

import (
	"errors"
	"log/slog"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
)

// Errors of a connection, wrapped with what happened.
var (
	// ErrRefused: the server does not let this token in. Dialing again with it
	// is pointless.
	ErrRefused = errors.New("client: refused")
	// ErrLeft: the server told this participant to leave.
	ErrLeft = errors.New("client: told to leave")
	// ErrLost: the server could not be reached again in time.
	ErrLost = errors.New("client: connection lost")
	// ErrClosed: Close was called.
	ErrClosed = errors.New("client: closed")
)

// Options say where to join and as whom.
type Options struct {
	URL   string // ws:// or wss:// of the server
	Token string // access token
	Log   *slog.Logger
	// Subscribe asks for every track in the room; an agent does not.
	Subscribe bool
	// API overrides the WebRTC settings (virtual networks in tests).
	API *webrtc.API
}

// Participant is somebody else in the room.
type Participant struct {
	SID, Identity, Name string
	Attributes          map[string]string
	// Active once their transport is up; gone when Left.
	Active, Left bool
}

// Handler is told what happens. Calls come one at a time; none may call Close,
// which waits for them.
type Handler interface {
	OnParticipant(p Participant)
	OnData(from, topic string, payload []byte)
	OnTrack(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver)
	// OnClosed is the last call: the connection ended and err says why; nil
	// after Close. Short losses are healed (resume, ICE restart) without a call.
	OnClosed(err error)
}

// Layer is one simulcast layer to publish, smallest first.
type Layer struct {
	RID           string // "q", "h", "f"
	Width, Height int
	BitsPerSecond int // at most; 0: not told
}

// VideoSpec is a video track to publish.
type VideoSpec struct {
	Name string
	// Renditions are what it is published in, most preferred first.
	Renditions []Rendition
	// OnRTCP gets the server's feedback for a layer: PLI, and, for an agent, REMB
	// with what its best-connected viewer can take. Calls for one layer come one
	// at a time.
	OnRTCP func(rendition, layer int, pkt rtcp.Packet)
	// OnWatched, unless nil, is told whether somebody watches each layer of each
	// rendition, when that has changed; at first all layers of the first
	// rendition are taken to be watched, and none of the others. A layer that
	// nobody watches need not be sent; once watched again it starts with a
	// keyframe. It is called like a Handler's methods.
	OnWatched func(watched [][]bool)
}

// Rendition is a track in one codec.
type Rendition struct {
	Codec  webrtc.RTPCodecCapability // MIME type and fmtp line
	Layers []Layer                   // smallest first
	// ColorSpace, unless nil, goes with the last packet of each frame, where a
	// decoder looks for what the bitstream does not say (see ColorSpaceURI).
	ColorSpace []byte
}

// ColorSpaceURI names the RTP header extension of 4 bytes: primaries, transfer
// and matrix as in ITU-T H.273, then range (2: full) in bits 4 and 5 and chroma
// siting. Chromium takes VP9 for BT.709 without it.
const ColorSpaceURI = "http://www.webrtc.org/experiments/rtp-hdrext/color-space"
