package wire

import (
	"encoding/json"
	"fmt"
)

// MaxControlBytes bounds a control message.
const MaxControlBytes = 8 << 10

// Control message types.
const (
	// From people to the server.
	ControlRequest = "request" // I would like to draw
	ControlTake    = "take"    // I take a free canvas (the owner: any canvas)
	ControlRelease = "release" // I am done
	ControlGrant   = "grant"   // the holder or the owner hands over to To
	ControlReport  = "report"  // measured input-to-photon latencies
	ControlRefresh = "refresh" // my window shows no picture: send one that needs no other
	// From the server.
	ControlLease   = "lease"   // the lease as it stands now, to everyone
	ControlRefused = "refused" // what you asked was not done; Reason says why
	ControlNotice  = "notice"  // something people should know; Code and Text
)

// Lease is who may draw. It is sent on every change and mirrored in the room's
// metadata under "lease".
type Lease struct {
	Generation uint32   `json:"generation"`        // changes with the holder
	Holder     string   `json:"holder"`            // identity; empty: the canvas is free
	Waiting    []string `json:"waiting,omitempty"` // identities, first come first
}

// Control is a message about control of the canvas, as JSON.
type Control struct {
	Type string `json:"type"`
	// To is the identity a grant is for.
	To string `json:"to,omitempty"`
	// Lease comes with ControlLease.
	Lease *Lease `json:"lease,omitempty"`
	// Code is a word for programs, Reason or Text a sentence for people.
	Code   string `json:"code,omitempty"`
	Reason string `json:"reason,omitempty"`
	Text   string `json:"text,omitempty"`
	// PhotonMS are input-to-photon latencies in milliseconds that the browser
	// measured since its last report, at most MaxReport of them.
	PhotonMS []float64 `json:"photon_ms,omitempty"`
}

// MaxReport is how many latencies one report may carry.
const MaxReport = 256

// EncodeControl encodes c.
func EncodeControl(c *Control) ([]byte, error) { return json.Marshal(c) }

// DecodeControl reads a control message and checks its limits.
func DecodeControl(b []byte) (*Control, error) {
	if len(b) > MaxControlBytes {
		return nil, fmt.Errorf("%w: %d bytes of control, at most %d", ErrValue, len(b), MaxControlBytes)
	}
	var c Control
	if err := json.Unmarshal(b, &c); err != nil {
		return nil, fmt.Errorf("wire: control: %w", err)
	}
	if c.Type == "" {
		return nil, fmt.Errorf("%w: control without a type", ErrValue)
	}
	if len(c.PhotonMS) > MaxReport {
		return nil, fmt.Errorf("%w: %d latencies, at most %d", ErrValue, len(c.PhotonMS), MaxReport)
	}
	return &c, nil
}
