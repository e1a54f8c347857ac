// Package rfb reads what an RFB client says, message by message, out of a
// stream that comes in pieces of any size, and lets a judge decide which
// messages go on to the X server.
//
// Two dialects are known: RFB 3.8 as noVNC and TigerVNC speak it (RFC 6143, and
// the extensions of the RFB community's registry), and KasmVNC's. A message of
// a type that the dialect does not have ends the connection: what follows it
// could not be told apart.
//
// Reading must agree with the X server about where each message ends, or the
// judge would look at other messages than the X server acts on. So nothing that
// changes a message's size is negotiable past the parser: the extended mouse
// buttons (pseudo-encoding -316), which lengthen pointer messages once both
// sides have announced them, are taken out of what the client announces.
//
// In steady state nothing is allocated: a message that is whole in the piece it
// came in is judged where it is, others are put together in a buffer of the
// parser's own, and the long ones (clipboard) pass through in pieces after
// their heads were judged.
//
//	dialect.go   the messages of both dialects: size and kind of each
//	parser.go    the machine
//	messages.go  pointer and key messages, read and written
package rfb
