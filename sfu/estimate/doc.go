// Package estimate finds out how many bits per second the way to one viewer
// carries, from what the viewer reports about the packets it was sent.
//
// Screen content is bursts and silence. An estimator that watches average
// rates learns nothing in silence and fears bursts; this one is built on what
// a burst tells. Its inputs are the packets sent and their arrival times
// (transport-wide feedback), its clock is the caller's. It does no I/O, starts
// no goroutine, and one goroutine uses it.
//
// The parts, each in its file:
//
//   - history.go remembers what was sent, by transport-wide sequence number.
//   - queue.go turns arrival times into queueing delay: one-way delay above the
//     lowest seen.
//   - trend.go tells whether the queue grows (draft-ietf-rmcat-gcc-02
//     section 5.3 and 5.4: a slope against an adaptive threshold), looking at
//     the first packet of each burst only, so that a burst's own length is not
//     mistaken for congestion.
//   - capacity.go reads the link's rate off packets that queued behind one
//     another. It works however little is sent on average.
//   - loss.go tells congestion from a link that merely loses packets.
//   - probe.go decides when a burst is sent to look for more, and judges it.
//   - control.go moves the estimate: down to what the link was seen to carry,
//     up while what is sent arrives.
//   - remb.go follows clients that estimate for themselves.
//
// Invariants, held by property tests: the estimate stays within the configured
// bounds whatever is reported; it grows only when packets that were really sent
// are acknowledged (or the client's own REMB says so); silence never lowers it.
package estimate
