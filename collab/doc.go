// Package collab decides whose hand reaches the canvas, and who decides that.
//
// Control of a room's canvas is a lease with a generation, which numbers
// tenures. At most one participant holds it, and a generation has at most one
// holder ever: it goes up whenever somebody loses control. Every input packet
// names the generation it was made under; a packet of any other generation or
// person is refused here and again in the agent, which knows only the greatest
// generation it has seen. A new generation tells the agent to let go of every
// key and button first, so nothing of one person's stroke can become part of the
// next one's.
//
// A press on a free canvas needs no round trip. While the canvas is free the
// lease already carries the number of the tenure to come, and a press under that
// number, with the first sequence, takes the lease and is the first event of the
// stroke. Of two such presses the one that comes first wins; the other is
// refused, and with it everything else of its stroke, because its generation now
// is somebody else's. The number of a refused press is never offered again, so a
// straggler of a stroke that was refused cannot join a later one.
//
// How control passes on depends on the room's policy (policy.go):
//
//   - open: a canvas is free again shortly after the last button and key are up.
//     Whose press was refused is next in line.
//   - ask: people ask; the holder or an owner hands over or says not now, and
//     silence is consent after a while.
//   - presenter: the owners draw, and who they name.
//
// In all of them nobody is interrupted in the middle of a stroke but by an
// owner's own hand; a holder gone quiet, or gone, makes room for others; and
// every wish is answered in bounded time, as long as strokes end.
//
// In the order of the files:
//
//	arbiter.go   the state, and the only two changes of the lease: end and claim
//	admit.go     what is let through: the holder's input, and presses that claim
//	people.go    joins, leaves, lost connections
//	command.go   what people ask about control: request, take, release, grant, deny
//	house.go     what owners decide: roles, policy, lock, mute
//	clock.go     what happens by time alone, and when that is next
//	held.go      what is pressed
//	book.go      who did what when: the session's timeline
//
// Everything here is a state machine without goroutines, clocks or networks:
// events and the time go in, the lease comes out. Arbiter locks itself, because
// input arrives from many connections; its lock is a leaf and nothing is called
// under it. docs/model holds a model of the protocol between clients, server and
// agent, checked by spin.
package collab
