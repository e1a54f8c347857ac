// Package depend reads the dependency descriptor, the RTP header extension by
// which a sender says how the frames of a stream with temporal and spatial layers
// hang together (RTP Payload Format For AV1, appendix A), whatever the codec. It
// turns it into what forwarding asks of a packet: which rungs of the stream's
// ladder need it, and where a viewer can change rungs (packet.Steps).
//
// A rung is a decode target of the specification: a subset of the frames that can
// be decoded alone. Rungs are ordered by spatial layer, then temporal.
//
// Nothing is remembered of a single viewer. A frame's references are looked up
// once, when it comes, and kept as the set of rungs that have them all: whoever
// followed such a rung can decode the frame.
//
// What the descriptor says of chains, by which a receiver detects losses, is
// read past: viewers get the extension as it came, and find out for themselves.
package depend
