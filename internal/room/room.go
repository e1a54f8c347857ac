// Package room holds the values that every part of Easel shares about a room:
// who somebody is and what their role lets them do. It imports nothing of the
// project, so anything may import it.
package room

import (
	"errors"
	"fmt"
	"unicode"
	"unicode/utf8"
)

// Role is what a participant may do in a room. It is carried in the access
// token, decided by the server, and never taken from what a client says.
type Role string

// The roles, strongest first. Agent is not a person: it is the process beside
// GIMP that publishes the display and injects input.
const (
	Owner  Role = "owner"
	Editor Role = "editor"
	Viewer Role = "viewer"
	Agent  Role = "agent"
)

// RoleAttribute is the participant attribute (and token claim) that carries
// the role, visible to stock LiveKit clients.
const RoleAttribute = "easel.role"

// DisplayAttribute is the agent's participant attribute that carries the size
// of its display, as "WIDTHxHEIGHT" in pixels.
const DisplayAttribute = "easel.display"

// PersonAttribute is the participant attribute (and token claim) that says which
// person somebody is: the windows of one person share it.
const PersonAttribute = "easel.person"

// ColourAttribute is the participant attribute that says in which colour somebody
// is shown: a number below Colours, given by the server. No two people in a room
// share one before all are in use.
const ColourAttribute = "easel.colour"

// Colours is how many colours there are; the client knows what they look like.
const Colours = 8

// Policy says how control of a room's canvas changes hands.
type Policy string

// The policies.
const (
	Open    Policy = "open"      // any editor: by pressing on a free canvas, stroke by stroke
	Ask     Policy = "ask"       // whoever draws is asked, and answers
	Present Policy = "presenter" // the owners, and who they name
)

// ErrPolicy is wrapped by ParsePolicy's errors.
var ErrPolicy = errors.New("unknown policy")

// ParsePolicy reads a policy by name.
func ParsePolicy(s string) (Policy, error) {
	switch p := Policy(s); p {
	case Open, Ask, Present:
		return p, nil
	default:
		return "", fmt.Errorf("%w %.32q: want open, ask or presenter", ErrPolicy, s)
	}
}

// ScaleAttribute is the agent's participant attribute that carries how large
// programs on its display draw, in percent.
const ScaleAttribute = "easel.scale"

// UnfitAttribute is the agent's participant attribute that says in words why the
// display is not as it was last asked for; it is not there while it is.
const UnfitAttribute = "easel.display.unfit"

// MaxNameBytes bounds room names and participant identities.
const MaxNameBytes = 128

// ErrName is wrapped by CheckName's errors.
var ErrName = errors.New("bad name")

// ErrRole is wrapped by ParseRole's errors.
var ErrRole = errors.New("unknown role")

// ParseRole reads a role by name. The empty string is Viewer: whoever holds a
// token that says nothing may look, and no more.
func ParseRole(s string) (Role, error) {
	switch r := Role(s); r {
	case Owner, Editor, Viewer, Agent:
		return r, nil
	case "":
		return Viewer, nil
	default:
		return Viewer, fmt.Errorf("%w %q: want owner, editor, viewer or agent", ErrRole, s)
	}
}

// MayControl says whether the role may ever hold the input lease.
func (r Role) MayControl() bool { return r == Owner || r == Editor }

// MayPublish says whether the role may publish media tracks. Only the agent
// does: people share a canvas, not cameras.
func (r Role) MayPublish() bool { return r == Agent }

// CheckName accepts the names of rooms and participants: 1 to MaxNameBytes
// bytes of valid UTF-8 without control characters, and without those that turn
// the direction of writing for whatever stands beside the name.
func CheckName(s string) error {
	switch {
	case s == "":
		return fmt.Errorf("%w: empty", ErrName)
	case len(s) > MaxNameBytes:
		return fmt.Errorf("%w: %d bytes, at most %d", ErrName, len(s), MaxNameBytes)
	case !utf8.ValidString(s):
		return fmt.Errorf("%w: not UTF-8", ErrName)
	}
	for _, c := range s {
		if unicode.IsControl(c) || unicode.Is(unicode.Bidi_Control, c) {
			return fmt.Errorf("%w: control character %U", ErrName, c)
		}
	}
	return nil
}
