// Package collab decides whose hand reaches the canvas.
//
// Control of a room's canvas is a lease with a generation. At most one
// participant holds it; every input packet names the generation it was made
// under, and a packet of any other generation or person is refused here and
// again in the agent, which knows only the greatest generation it has seen. A
// new generation tells the agent to let go of every key and button first, so
// nothing of one person's stroke can become part of the next one's.
//
// The policy is the simplest that works for one owner and some friends:
//
//   - an owner who enters a room with a free canvas gets it;
//   - an editor takes a free canvas, or one whose holder has gone quiet, or
//     asks and waits in line; viewers never hold it;
//   - the holder gives it away or lets go; the owner may take it at any time;
//   - nobody is handed the canvas in the middle of a stroke, except by the
//     owner's own hand.
//
// Arbiter is a state machine without goroutines, clocks or networks: events and
// the time go in, the lease comes out. It locks itself, because input arrives
// from many connections; its lock is a leaf and nothing is called under it.
package collab
