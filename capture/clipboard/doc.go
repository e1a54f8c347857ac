// Package clipboard carries copies between an X display and the people of a
// room.
//
//	board.go     the CLIPBOARD selection: who owns it, and events
//	own.go       gives programs what a person copied (ICCCM, section 2)
//	read.go      takes from programs what they copied
//	png.go       what of a picture is let through, decided without decoding it
//	exchange.go  the protocol with the room: offer first, send what is wanted
//	receive.go   a person's copy on its way to the display
//	send.go      the display's copy on its way to a person
//
// Nothing is read from a program, and nothing big travels, before somebody
// wants it. Large content crosses X in pieces (INCR, ICCCM 2.7.2) and the
// network in chunks that are acknowledged, so that neither the canvas nor the
// hand waits for it.
package clipboard
