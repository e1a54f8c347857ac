package packetize

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/pion/rtp"
)

// h264 sends parameter sets together (STAP-A), small NAL units alone and large
// ones in pieces (FU-A): RFC 6184, sections 5.6 to 5.8. Encoders are asked for
// one slice per picture, which then makes pieces of one size.
type h264 struct {
	stream
	units [][]byte
}

// NAL unit types (ITU-T H.264, table 7-1; RFC 6184, table 1).
const (
	nalSPS       = 7
	nalPPS       = 8
	nalDelimiter = 9
	nalFiller    = 12
	nalSTAPA     = 24
	nalFUA       = 28
)

const (
	fuHeader  = 2 // bytes: FU indicator and FU header
	nalHeader = 1
)

// Packets implements Packetizer. frame is an access unit in Annex B's format.
func (h *h264) Packets(frame []byte, timestamp uint32, send func(*rtp.Packet) error) error {
	if err := h.parse(frame); err != nil {
		return err
	}
	for i := 0; i < len(h.units); {
		sets, size := 0, 1
		for _, u := range h.units[i:] {
			if kind := u[0] & 0x1f; kind != nalSPS && kind != nalPPS || size+2+len(u) > MaxPayload {
				break
			}
			sets, size = sets+1, size+2+len(u)
		}
		var err error
		if sets > 1 {
			err = h.together(h.units[i:i+sets], timestamp, i+sets == len(h.units), send)
			i += sets
		} else {
			err = h.alone(h.units[i], timestamp, i+1 == len(h.units), send)
			i++
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// together sends units in one packet.
func (h *h264) together(units [][]byte, timestamp uint32, isLast bool, send func(*rtp.Packet) error) error {
	b := &h.buffer
	n, importance := 1, byte(0)
	for _, u := range units {
		importance = max(importance, u[0]&0x60)
		binary.BigEndian.PutUint16(b[n:], uint16(len(u)))
		n += 2
		n += copy(b[n:], u)
	}
	b[0] = importance | nalSTAPA
	return h.emit(n, timestamp, isLast, send)
}

// alone sends one unit, in pieces if need be.
func (h *h264) alone(u []byte, timestamp uint32, isLast bool, send func(*rtp.Packet) error) error {
	b := &h.buffer
	if len(u) <= MaxPayload {
		return h.emit(copy(b[:], u), timestamp, isLast, send)
	}
	indicator, kind := u[0]&0xe0|nalFUA, u[0]&0x1f
	body := u[nalHeader:]
	for start, chunk := 0, split(len(body), MaxPayload-fuHeader); start < len(body); start += chunk {
		end := min(start+chunk, len(body))
		b[0], b[1] = indicator, kind
		if start == 0 {
			b[1] |= 0x80 // S
		}
		if end == len(body) {
			b[1] |= 0x40 // E
		}
		n := fuHeader + copy(b[fuHeader:], body[start:end])
		if err := h.emit(n, timestamp, isLast && end == len(body), send); err != nil {
			return err
		}
	}
	return nil
}

// parse finds the NAL units between start codes (ITU-T H.264, annex B), leaving
// out those that say nothing.
func (h *h264) parse(frame []byte) error {
	h.units = h.units[:0]
	at, code := nextStart(frame)
	if len(frame) > 0 && (code == 0 || at > 0) {
		return fmt.Errorf("%w of H.264: no start code", ErrFrame)
	}
	for code > 0 {
		frame = frame[at+code:]
		at, code = nextStart(frame)
		u := frame[:at]
		if len(u) == 0 {
			continue
		}
		if kind := u[0] & 0x1f; kind != nalDelimiter && kind != nalFiller {
			h.units = append(h.units, u)
		}
	}
	return nil
}

var startCode = []byte{0, 0, 1}

// nextStart finds the next start code: where it begins, zero bytes before it
// included, and its length; 0 when there is none before the end at at.
func nextStart(b []byte) (at, code int) {
	if at = bytes.Index(b, startCode); at >= 0 {
		code = len(startCode)
	} else {
		at = len(b)
	}
	for at > 0 && b[at-1] == 0 {
		at--
		if code > 0 {
			code++
		}
	}
	return at, code
}
