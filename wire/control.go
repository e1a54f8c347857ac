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
	ControlTake    = "take"    // I take a free canvas (an owner: any canvas)
	ControlRelease = "release" // I am done, or no longer wish to draw
	ControlGrant   = "grant"   // the holder or an owner hands over to To
	ControlDeny    = "deny"    // the holder or an owner: not now, To
	ControlReport  = "report"  // measured input-to-photon latencies
	ControlRefresh = "refresh" // my window shows no picture: send one that needs no other
	ControlEcho    = "echo"    // say the same, Code too: I want to know whether this connection lives
	ControlWay     = "way"     // my window shows the canvas by Way, because of Code
	// From owners to the server.
	ControlPolicy   = "policy"   // how control changes hands: Policy
	ControlRole     = "role"     // To has Role from now on
	ControlTransfer = "transfer" // To owns the session in my place
	ControlRemove   = "remove"   // To leaves, and does not come back
	ControlLock     = "lock"     // On: nobody else may enter
	ControlMute     = "mute"     // On: only owners may write in the chat
	ControlShare    = "share"    // On: everybody paints with the same tools
	// From the server.
	ControlLease   = "lease"   // the lease as it stands now, to everyone
	ControlRefused = "refused" // what you asked was not done; Reason says why
	ControlNotice  = "notice"  // something people should know; Code and Text
)

// Lease is who may draw, and by which rules. It is sent on every change and
// mirrored in the room's metadata under "lease".
type Lease struct {
	// Generation counts tenures: it goes up whenever somebody loses control.
	// While Holder is empty it is the number that the next tenure will have.
	Generation uint32 `json:"generation"`
	// Revision goes up with every change of anything here: of two leases the
	// one with the greater revision is the later.
	Revision uint32   `json:"revision"`
	Holder   string   `json:"holder"`            // identity; empty: the canvas is free
	Waiting  []string `json:"waiting,omitempty"` // identities, first come first
	Rules    Rules    `json:"rules"`
}

// Rules are what the owners of a room have set.
type Rules struct {
	Policy    string `json:"policy"`              // open, ask or presenter
	Presenter string `json:"presenter,omitempty"` // identity that owners named to draw
	Locked    bool   `json:"locked,omitempty"`    // nobody else may enter
	Muted     bool   `json:"muted,omitempty"`     // only owners may write in the chat
	Shared    bool   `json:"shared,omitempty"`    // everybody paints with the same tools
}

// Control is a message about control of the canvas, as JSON.
type Control struct {
	Type string `json:"type"`
	// To is the identity that the message is about.
	To string `json:"to,omitempty"`
	// Policy and Role come with the commands of those names, On with lock,
	// mute and share.
	Policy string `json:"policy,omitempty"`
	Role   string `json:"role,omitempty"`
	On     bool   `json:"on,omitempty"`
	// Way comes with ControlWay: one of Ways.
	Way string `json:"way,omitempty"`
	// Lease comes with ControlLease.
	Lease *Lease `json:"lease,omitempty"`
	// Code is a word for programs, Reason or Text a sentence for people.
	Code   string `json:"code,omitempty"`
	Reason string `json:"reason,omitempty"`
	Text   string `json:"text,omitempty"`
	// Generation comes with the refusal of a press: the one it was made under.
	Generation uint32 `json:"generation,omitempty"`
	// PhotonMS are input-to-photon latencies in milliseconds that the browser
	// measured since its last report, at most MaxReport of them.
	PhotonMS []float64 `json:"photon_ms,omitempty"`
}

// Ways are those by which a canvas comes to a window; "turn" is WebRTC through a
// TURN server.
func Ways() []string { return []string{"webrtc-udp", "webrtc-tcp", "turn", "vnc"} }

// WayReasons are the codes of why a way was taken: it is the best one, the person
// chose it; WebRTC has shown nothing yet, stalled, or lost its connection; the
// network moved a connection that goes on.
func WayReasons() []string { return []string{"best", "chosen", "silent", "stalled", "lost", "moved"} }

// MaxEcho bounds the code of an echo, in bytes.
const MaxEcho = 16

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
