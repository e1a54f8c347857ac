// Package load puts a server under the load of a busy house: rooms, each with
// one publisher of what painting in GIMP looks like and many viewers, and measures
// what every forwarded packet costs and how late it comes.
//
// It speaks the LiveKit protocol, so the server may be Easel or livekit-server.
// Viewers are real ones (ICE, DTLS, SRTP) that decode nothing: each reads its
// packets into one buffer and looks at the stamp that the publisher put at the
// end of every payload. Files, in the order of a packet's way:
//
//	content.go    what the screen shows: frame sizes and pauses, from a seed
//	trace.go      the same from a recording of a real session
//	codec.go      what packets of VP8 (RFC 7741) and H.264 (RFC 6184) look like
//	packets.go    frames as packets of equal size
//	stamp.go      index and send time at the end of each payload
//	publisher.go  sends frames in time, answers keyframe requests
//	transport.go  the WebRTC settings of viewers: one socket each, one SRTP profile
//	viewer.go     joins, reads, notes
//	tally.go      one viewer's count: loss, duplicates, delay, first frame
//	histogram.go  delays at 3% resolution in constant space
//	server.go     the server's process: CPU, memory, goroutines
//	crowd.go      everyone of a run: joining at a rate, leaving
//	run.go        a run from beginning to end
//	report.go     its figures; html.go draws them
package load
