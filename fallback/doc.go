// Package fallback shows the canvas where media cannot flow: it is a gateway
// between RFB clients in browsers and the X server of a session, which is a VNC
// server too.
//
//	browser ── WebSocket /rfb ── gateway ── tunnel ── agent ── unix socket ── X server
//
// The gateway owns the handshake with both sides, forces the shared flag, and
// reads everything a client says (package rfb). Messages about the client's own
// picture pass. Messages that act on the canvas pass only while the lease is
// theirs, by the same arbiter as every other hand: each is put to it as a
// wire.Input, so a press on a free canvas takes the lease here too. What the X
// server says passes unread.
//
// RFB input goes to the X server directly and not through the agent's injector,
// because the X server then knows whose pointer it is and does not paint that
// person a second one. It makes order the gateway's business:
//
//   - What each viewer holds down is tracked (hand.go) and let go of before the
//     viewer is cut off and whenever the lease becomes another.
//   - A release counts for the lease only once the X server has acted on it
//     (package pipe's marks), and a new lease is told to nobody before that. So
//     nobody else's press, on whatever way, can join a stroke of before.
//   - If the gateway or the tunnel fails, the agent lets go (package pipe's
//     will).
//
// A viewer who does not read stalls only themselves: each has an RFB connection
// of their own to the X server, with bounded buffers all along, and is cut off
// after a while.
//
// Easel's own client asks for the subprotocol easel.rfb. Binary messages then
// are RFB as for everyone, and text messages are words: the room's state and
// the data packets that would travel on a data channel (package signaling says
// what is in them). Lease, people and control so need no WebRTC at all.
package fallback
