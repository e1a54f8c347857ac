package signaling

import (
	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/wire"
)

// Person is a participant as an Observer sees them.
type Person struct {
	SID, Identity, Name string
	Role                room.Role
	// Key is the same for all windows of one person; empty for who came with a
	// token that names none.
	Key string
}

// Observer is told what happens in rooms. Calls about one room come one at a
// time, except Photons; none may block or call back into the Server.
type Observer interface {
	RoomOpened(room string)
	RoomClosed(room string)
	Joined(room string, p Person)
	// Connected: the participant's media transport is up (again).
	Connected(room string, p Person)
	Left(room string, p Person)
	// Published: media of a track arrived; viewers can have it.
	Published(room string, p Person, track string)
	LeaseChanged(room string, l wire.Lease)
	// Decided: an owner, or a program that runs the room, has decided something
	// about somebody or the room.
	Decided(room string, d Decision)
	// RulesChanged: the owners have set other rules.
	RulesChanged(room string, h House)
	// Photons are input-to-photon latencies in milliseconds, as measured by a
	// participant's browser.
	Photons(room string, p Person, ms []float64)
}

// House is what the owners of a room have set, for as long as its session lives.
type House struct {
	Rules wire.Rules
	// Inside are the people, by person or identity, who were in the room when it
	// was locked: they may come back in.
	Inside []string
}

// Decision is what was decided in a room. Kind is the command: wire.ControlRole,
// ControlRemove, ControlPolicy, ControlLock, ControlMute or ControlShare.
type Decision struct {
	Kind   string
	By     Person // zero: a program
	About  Person // with their new role
	On     bool
	Policy room.Policy
}

// Unobserved is an Observer that ignores everything; embed it to implement
// some of the calls.
type Unobserved struct{}

var _ Observer = Unobserved{}

// RoomOpened does nothing.
func (Unobserved) RoomOpened(string) {}

// RoomClosed does nothing.
func (Unobserved) RoomClosed(string) {}

// Joined does nothing.
func (Unobserved) Joined(string, Person) {}

// Connected does nothing.
func (Unobserved) Connected(string, Person) {}

// Left does nothing.
func (Unobserved) Left(string, Person) {}

// Published does nothing.
func (Unobserved) Published(string, Person, string) {}

// LeaseChanged does nothing.
func (Unobserved) LeaseChanged(string, wire.Lease) {}

// Decided does nothing.
func (Unobserved) Decided(string, Decision) {}

// RulesChanged does nothing.
func (Unobserved) RulesChanged(string, House) {}

// Photons does nothing.
func (Unobserved) Photons(string, Person, []float64) {}
