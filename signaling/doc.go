// Package signaling is Easel's edge: the LiveKit protocol as LiveKit's own
// clients speak it, so that every stock SDK and load tester joins an Easel room
// unmodified. Below it nothing knows that protocol.
//
// What happens to a client, in the order of the files:
//
//	http.go, joinrequest.go   the request: token, parameters, limits
//	conn.go, codec.go         the WebSocket: bounded queue out, decoded messages in
//	join.go, resume.go        the room takes them in, or back
//	dispatch.go, on_*.go      what clients ask, one file per message family
//	media.go                  the media side: one worker per participant owns its sfu.Peer
//	news.go, quality.go       what everyone is told of participants
//	data.go, packet.go        data packets: peeked, judged, stamped, passed on
//	control.go, lease.go      whose hand reaches the canvas, and telling everyone
//	remove.go                 the end of a stay
//
// Each room has one goroutine that owns its state; everything else posts
// closures to it (room.go) or reads the immutable roster it leaves behind
// (roster.go). It never waits for a network, a client or the media side, so one
// participant's trouble is nobody else's: whoever cannot keep up with their own
// bounded queue is cut off.
package signaling
