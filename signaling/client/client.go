// Package client joins a room as the LiveKit protocol's other side: the agent
// publishes the display with it, the bench watches with it. It speaks the
// single-PeerConnection mode (join_request).
package client

import (
	"context"
	"log/slog"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
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

// Handler is told what happens. Calls come one at a time.
type Handler interface {
	OnParticipant(p Participant)
	OnData(from, topic string, payload []byte)
	OnTrack(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver)
	// OnClosed is the last call: the connection ended and err says why.
	// Short losses are healed (resume, ICE restart) without a call.
	OnClosed(err error)
}

// Layer is one simulcast layer to publish, smallest first.
type Layer struct {
	RID           string // "q", "h", "f"
	Width, Height int
}

// VideoSpec is a video track to publish.
type VideoSpec struct {
	Name   string
	Codec  webrtc.RTPCodecCapability // webrtc.MimeTypeVP8
	Layers []Layer
	// OnRTCP gets the server's feedback for a layer: PLI, REMB.
	OnRTCP func(layer int, pkt rtcp.Packet)
}

// Conn is a joined room.
type Conn struct{}

// Dial joins and returns once the server accepted; media may still connect.
func Dial(ctx context.Context, opts Options, h Handler) (*Conn, error) { panic("skeleton") }

// SID and Identity are what the server knows this participant as.
func (c *Conn) SID() string      { panic("skeleton") }
func (c *Conn) Identity() string { panic("skeleton") }

// PublishVideo publishes a track; WriteRTP works once it returns.
func (c *Conn) PublishVideo(ctx context.Context, spec VideoSpec) (*VideoTrack, error) {
	panic("skeleton")
}

// VideoTrack is a published track.
type VideoTrack struct{}

// WriteRTP sends a packet of a layer. The track sets SSRC, payload type and
// header extensions; sequence number, timestamp and marker are the caller's.
func (t *VideoTrack) WriteRTP(layer int, pkt *rtp.Packet) error { panic("skeleton") }

// SetDimensions tells the room the track's new size after a display resize.
func (t *VideoTrack) SetDimensions(layers []Layer) error { panic("skeleton") }

// PublishData sends a data packet on a topic; no destinations: to everyone.
func (c *Conn) PublishData(topic string, payload []byte, reliable bool, to ...string) error {
	panic("skeleton")
}

// SetAttributes sets attributes of this participant, seen by all.
func (c *Conn) SetAttributes(attrs map[string]string) error { panic("skeleton") }

// Close leaves the room and waits until nothing of the connection runs.
func (c *Conn) Close() error { panic("skeleton") }
