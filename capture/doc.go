// Package capture is Easel's agent: beside GIMP on one X display, it turns what
// changes into video, carries the pointer's shape, and plays the lease holder's
// hand.
//
// # The picture's path
//
//	display/display.go      damage events arrive, merged as they come
//	stream.go               decides what is due: a capture, a layer, a refinement
//	frame.go                does it
//	glance.go               where the hand looks first, if much has changed
//	display/grab.go         the damaged rectangles, from shared memory
//	screen.go               those blocks of them that look otherwise than before
//	source.go, encode/picture.go  converted into persistent pictures
//	layer.go, encode/encoder.go   each layer encodes what changed since its last frame
//	refinement.go           what a layer owes a picture at rest, piece by piece
//	packetize/              packets of one size
//	sink.go                 to the room
//	exact.go                which frame is the display, pixel by pixel
//
// It is shaped by latency and by rest. One goroutine does it all, in order: a
// frame has no queue to wait in, and what is damaged while a frame is being
// encoded becomes part of the next. The first damage after a pause is captured
// at once; only after that does the frame rate bind, and it falls to half of the
// cap where frames cost more than an eighth of a core: pace.go. Grabbing is
// itself the round trip that tells of damage still on its way, so no timer
// collects it.
// When a hand changes much after a pause, what is around the pointer is a frame of
// its own, and all of it the next.
// A layer is one codec in one size. Those that are watched have an encoder, the
// others nothing: audience.go. Layers of one size and one kind of colour share a
// picture, and all that is encoded of one capture shares its timestamp.
// Without damage nothing runs: no capture, no encoder, no packet. After a third
// of a second at rest, what was encoded in haste is encoded again, piece by
// piece: in quality, and, where the codec carries all of the colour, until every
// pixel is the display's. A piece takes the line for 40 ms and the encoder for 5
// at most, so the hand's next frame waits for neither. Then there is silence.
// On a line thinner than a layer would like no frame is queued for long behind
// another: it is made when the line is free, of what is on screen by then.
//
// # The hand's path
//
//	hands.go                decodes a packet of easel.input
//	inject/sequencer.go     one order, each event at most once, current lease only
//	inject/playout.go       at the distances at which they were made
//	inject/injector.go      XTEST
//
// The first event after a pause waits for nothing but the X server, which also
// holds back a flood; those after it wait at most 12 ms, so that they are as far
// apart as they were in the hand. Before events are played they leave
// a mark; the first frame with damage after it carries the FrameTag, from which
// the browser measures input to photon. Damage that happened to be under way
// already counts as an answer, too: while painting goes on, the figure is that
// of the stream, and exact for the first event after a pause.
//
// # Figures
//
// 1280x800, one core of two, go test -bench . ./capture/...
//
//	grab 51 px patch / all of the screen      0.04 / 0.2 ms
//	convert and halve 64 px patch / all       0.002 / 0.22 ms
//	compare all of the screen, same / new     0.6 / 0.8 ms
//	encode 64 px patch / all / keyframe       1.7 / 8.7 / 23 ms (VP8, busy pattern)
//	damage to last packet, 51 px patch        1.8 ms, 560 bytes in 10 allocations
//	input packet to the X server              0.12 ms
//
// The allocations are the X library's, for one request and its reply; nothing
// else allocates from frame to frame. With GIMP, a 51 px pencil and 100 motions
// a second: input to encoded frame 7.5 ms at the median on a busy machine, of
// which capture and encoding take 2.9; 30 frames/s, 0.4 Mb/s, a tenth of a core
// for both layers. At rest: no frame, 0.1% of a core.
package capture
