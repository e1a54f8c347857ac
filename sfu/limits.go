package sfu

import (
	"errors"
	"time"
)

// Limits. What comes from outside is bounded before it costs anything.
const (
	MaxPeers      = 3000      // in a room
	MaxTracks     = 16        // published by a peer
	MaxRenditions = 8         // of a track
	MaxSDP        = 256 << 10 // bytes of a session description
	MaxSections   = 256       // media sections of a session description
	MaxCandidates = 64        // remote candidates waiting for a description
	MaxReliable   = 64 << 10  // bytes of a reliable data message
	MaxLossy      = 15 << 10  // bytes of a lossy data message

	maxQueuedMessages = 1024      // reliable messages waiting to be sent to a peer
	maxQueuedBytes    = 1 << 20   // and their bytes
	maxLossyBuffered  = 256 << 10 // bytes in flight above which lossy messages are dropped
	maxReliableFlight = 256 << 10 // bytes handed to SCTP at once
	maxEvents         = 1024      // data events waiting for a peer's observer
)

// Timing of the media plane.
const (
	tick            = 100 * time.Millisecond // of a room: reports, keyframe requests
	keyframeSpacing = 300 * time.Millisecond // between keyframe requests for one layer
	reportSpacing   = time.Second            // between sender reports to one viewer
	gatherPatience  = 2 * time.Second        // for local candidates, which are all at hand
	layerStall      = 1500 * time.Millisecond
	mediaPatience   = 4 * time.Second        // for a rendition that was asked for
	layerPause      = 500 * time.Millisecond // between packets of a layer in motion
)

// Sizes of the media plane.
const (
	videoSlots     = 1024 // packets kept of a video layer
	audioSlots     = 128  // packets kept of an audio track
	maxBurstFrames = 120  // frames a newcomer is given to catch up from
	burstPackets   = 32   // packets sent between two looks at the ring's lock
	maxShards      = 16   // goroutines that send; more than cores gain nothing
)

// Errors. They are wrapped with what went wrong.
var (
	ErrClosed   = errors.New("sfu: closed")
	ErrLimit    = errors.New("sfu: limit reached")
	ErrSDP      = errors.New("sfu: bad session description")
	ErrRefused  = errors.New("sfu: not allowed")
	ErrNoTrack  = errors.New("sfu: no such track")
	ErrConflict = errors.New("sfu: already there")
	ErrState    = errors.New("sfu: out of turn")
)
