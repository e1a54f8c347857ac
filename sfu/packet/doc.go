// Package packet reads from an RTP packet what forwarding needs to know, and no
// more: the fixed header, where the payload lies, whether it begins a frame that
// a decoder can start from, and the VP8 payload descriptor, whose counters have
// to be rewritten when a viewer changes layers. It is pure: bytes in, values
// out, no allocation, no state.
package packet
