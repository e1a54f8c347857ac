// Package pipe carries one RFB connection between the gateway and the X server
// that the agent stands beside, over a stream of the agent's tunnel.
//
//	gateway  Dial ──── tunnel stream ────  Serve  agent ── unix socket ── X server
//
// The stream carries frames: u8 kind, u24 length, payload; integers are
// big-endian. Bytes of RFB go both ways as they are. Besides, three things
// travel in order with them that RFB itself cannot say:
//
//   - Hello, from the agent, first: which dialect of RFB the X server speaks.
//   - Mark, from the gateway, with a number: the agent sends it back once the X
//     server has acted on every byte before it. The X server is asked over the
//     X protocol: it reads what has come by RFB before it answers what came
//     later. An admitted release of a button counts as one only then, so that
//     no other hand's press can overtake it on another way to the same display.
//   - Will, from the gateway: the bytes to give the X server should the stream
//     break off. They let go of every button and key that went this way, which
//     X servers do not do by themselves when an RFB client is gone. A later
//     will replaces an earlier one; an empty one takes it back.
package pipe
