// Package seal protects RTP for one receiver (SRTP with AES-128-GCM, RFC 3711
// and RFC 7714), from wherever the payload lies straight into the buffer that
// the kernel reads: one pass, no copy before it and none after.
//
// The keys are those of the connection's DTLS handshake (RFC 5764). pion's
// WebRTC keeps them to itself, but its DTLS tells two hooks what they are made
// of: the key log and the server's hello. Keys listens to both; it knows
// nothing when we are the DTLS client, and whoever asks then leaves sending to
// pion.
//
//	keys.go     from the handshake to SRTP's master keys
//	derive.go   from a master key to a session key
//	sealer.go   from a header and a payload to a packet
//
// One key must never protect two packets of one stream and index: a stream is
// either sealed here from its first packet on, or never.
package seal
