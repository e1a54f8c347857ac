package fallback

import (
	"context"
	"net"

	"github.com/easel-live/easel/wire"
)

// Rooms lets people in. The implementation is signaling's.
type Rooms interface {
	// Verify says whether a token opens a room to a person; the error's text is
	// for them.
	Verify(token string) error
	// Enter takes a person in who sees the canvas through the gateway.
	Enter(token string, v Viewer) (Stay, error)
}

// Stay is a person's stay in a room, as far as the gateway knows it.
type Stay interface {
	Room() string
	Identity() string
	// Admit decides whether the person's hand may do this now; nil lets it
	// through. Sequences of a generation count from 1 and are the caller's.
	Admit(in *wire.Input) error
	// Hear acts on a word of Easel's client.
	Hear(word []byte)
	// Leave ends the stay. Nothing of it is called afterwards.
	Leave()
}

// Viewer is what a room tells a viewer. No call blocks.
type Viewer interface {
	// Lease says whose hand it is now. If something pressed under an earlier
	// generation must be let go of first, it reports true and calls released
	// once the X server has; otherwise it never calls it.
	Lease(l wire.Lease, released func()) (waits bool)
	// Tell passes a word on to Easel's client; others hear none.
	Tell(word []byte)
	// Dismiss ends the connection; the reason is for the person.
	Dismiss(reason string)
}

// Tunnels reach the agents. The implementation is tunnel.Hub.
type Tunnels interface {
	Open(ctx context.Context, room, service string) (net.Conn, error)
}
