package signaling

import (
	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/wire"
)

// Person is a participant as an Observer sees them.
type Person struct {
	SID, Identity, Name string
	Role                room.Role
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
	// Photons are input-to-photon latencies in milliseconds, as measured by a
	// participant's browser.
	Photons(room string, p Person, ms []float64)
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

// Photons does nothing.
func (Unobserved) Photons(string, Person, []float64) {}
