// Package reception keeps what a receiver tells the sender of an RTP stream:
// how much arrives and how evenly (receiver reports, RFC 3550 section 6.4), and
// which packets to send again (generic NACK, RFC 4585 section 6.2.1).
//
//	reception.go   a stream's packets, and the report on them
//	missing.go     what has not come: asked for soon, then ever more rarely
//
// It reads no clock and sends nothing.
package reception
