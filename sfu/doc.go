// Package sfu forwards media from the one who publishes to the many who watch:
// it receives RTP once, keeps the last packets of each layer, and gives every
// viewer one continuous stream of the layer that suits them. Nothing is decoded.
//
// An Engine owns the sockets. A Room has Peers; a Peer announces tracks, offers
// and answers SDP, subscribes, and exchanges data packets. What happens on it
// is told to its PeerObserver. The package knows WebRTC (pion) and nothing of
// LiveKit's messages: signaling translates.
//
// # The hot path, file by file
//
//	arrivals.go     takes a publisher's SRTP where it leaves the socket
//	hearing.go      opens it
//	uplink.go       its stream: what came, what is missing
//	packet/         parses what is needed: RTP header, keyframe?, VP8 descriptor
//	depend/         what a dependency descriptor says of a frame
//	ring/           keeps it: one copy into a fixed slot, by extended sequence
//	gather.go       waits for the rest of a frame, a millisecond at most
//	layer.go        tells the shards that the ring moved on
//	audience.go     a layer's viewers on one shard, an immutable slice
//	shard.go        goes from viewer to viewer: one goroutine, one batch, one flush
//	downtrack.go    moves a viewer's cursor to the ring's head
//	rungs.go        leaves out the temporal and spatial layers it may not have
//	munge/          where a packet lies in this viewer's stream: constants per segment
//	direct.go       writes the header into the shard's batch, and has it sealed there
//	seal/           SRTP: from the ring into the batch in one pass
//	socket/         a batch of equal packets per viewer, many viewers per system call
//
// Beside it, once in a while:
//
//	descriptor.go   takes the dependency descriptor from publisher to viewer
//	publication.go  a track, in one or more codecs: rendition.go
//	view.go         what a viewer can decode: the best rendition of each layer
//	switch.go       which layer is watched: joins at a keyframe, pauses, resumes
//	choose.go       the layer for a size and a quality, a pure function
//	resend.go       answers NACKs from the ring, bounded
//	reports.go      hears receiver reports, PLI and NACK; writes sender reports
//	path.go         what the way to a viewer carries: numbers, reports, probes
//	pace.go         spreads a large frame over a thin path
//	span.go         the temporal and spatial layers that fit, and what they take
//	allocate.go     which layers fit, a pure function
//	bandwidth.go    applies it, and tells the client of a pause
//	trial.go        tries a better layer when probes say too little
//	delivery.go     tells a path that is hopeless
//	probing.go      sends late packets once more, to look for bandwidth
//	reading.go      reads it, within bounds
//	entrance.go     whose RTP comes in at all
//	nominate.go     follows a client that changes its way
//	acknowledge.go  tells publishers what came, and asks for what did not
//	reception/      what there is to tell
//	route.go        where pion's ICE sends, UDP or TCP, learnt from watching it
//	lanes.go        pion's mux, watched; RTP that pion protects joins the batch too
//	health.go       how well a connection does, for people
//	plead.go        slows down a viewer that asks for keyframes
//	meter.go        what a layer takes
//	demand.go       what its best-connected viewer can take: the publisher follows
//	estimate/       bits per second from reports
//	room.go         every 100 ms: repeats keyframe requests, sends reports
//
// # Why it is shaped so
//
// A viewer is a cursor into a ring. The packet that just came, the burst that
// starts a late joiner from the last keyframe, and the way out of a pause are
// the same loop: send from the cursor to the head. Whoever has news (the read
// loop, a NACK, a preference, the clock) leaves a mark with the viewer's shard
// and goes on; the shard alone sends. So the read loop waits for nobody, a
// viewer's packets never overtake each other, and a shard needs no lock that
// another shard wants.
//
// A frame's packets to one viewer have one size and leave side by side, which
// lets the kernel take them as one message (segmentation offload): a system
// call carries some hundred packets. There is one UDP port; shards have lanes
// of its socket. Viewers are pinned to the shard with the fewest, one shard per
// core.
//
// Packets are shared and read-only. A viewer's own header is built once and
// changed in three fields; the payload goes from the ring through the cipher
// into the batch, and is copied only where a layer switch made the VP8 picture
// counters jump, into one buffer per viewer. pion makes the connection, and
// could send as well: it does when the client insists on another protection
// than AES-128-GCM. A stream is protected by one of the two for good, because
// either counts its own roll-overs. In the steady state nothing is allocated,
// down to the kernel
// (TestNothingIsAllocatedDownToTheKernel, BenchmarkWire).
//
// Between two switches a viewer's sequence numbers and timestamps differ from
// the publisher's by constants. A gap in what came stays a gap, so a packet that
// arrives late still has its place, and a NACK finds its packet by arithmetic.
// Layers that share a time base, as one encoder's do, keep their timestamps to
// the tick: whoever tags frames by RTP timestamp finds them again at the viewer.
//
// A stream may have temporal or spatial layers within, which VP8 tells in its
// payload descriptor and any codec in the dependency descriptor. They make a
// ladder, whose rungs can be decoded alone: each packet has the set of rungs that
// it is part of, found once, and a viewer one rung. What it leaves out closes up,
// so that nobody asks for it again. Down goes at once where the rung is part of
// the one above, up where the publisher says that it can be joined, at a keyframe
// at the latest. A stream of which nothing of the kind is known passes as it is.
//
// A track may come in several codecs, of which each viewer gets the first that it
// can decode, layer by layer: a thumbnail may be in another codec than the whole.
// A change of codec is a change of layer, at a keyframe, with another payload
// type in the same stream: browsers change decoders there. What nobody watches
// the publisher is told not to send.
//
// PeerConnections have no interceptors: pion's would keep a copy of every packet
// for each viewer, and a publisher's packet would pass them on its way through
// five goroutines. A peer's media is taken, and opened, where it leaves the
// socket's queue: a viewer's reports always, a publisher's stream once pion has
// said what it is. The RTP of a publisher whose address is known does not even
// reach a queue. ICE, DTLS and data channels are pion's.
//
// Every video packet carries playout-delay 0,0: without it a browser holds
// sparse frames back. It carries a transport-wide number too if the viewer
// negotiated that; both have constant length, so equal packets stay equal.
//
// Nothing is held back from a viewer that reports no loss: the first picture
// comes as fast as it can.
//
// # Negotiation
//
//	sections.go     reads an offer, bounds it
//	answer.go       the client offers: Offer, and in single mode filling its sections
//	offer.go        the server offers (two PeerConnections), one offer at a time
//	publish.go      which section carries which announced track
//	subscribe.go    which subscription has which sender
//	transport.go    one PeerConnection: early candidates, gathering
//	data.go         data channels, queues
//	events.go       the observer's goroutine
//
// Bad input ends in an error that wraps one of the Err values; limits are in
// limits.go. Close waits for every goroutine that was started.
package sfu
