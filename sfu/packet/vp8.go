package packet

import "encoding/binary"

// VP8 is a VP8 payload descriptor (RFC 7741 section 4.2) with the place of each
// counter, so that they can be rewritten without moving anything.
type VP8 struct {
	Size      uint8 // bytes of the descriptor; 0: there is none
	Start     bool  // first packet of a frame
	Key       bool  // Start, and the frame is a keyframe
	PictureID uint16
	TL0PicIdx uint8
	KeyIdx    uint8
	Temporal  uint8 // layer; 0 without

	hasLayer bool // the temporal layer is told
	sync     bool // the frame refers to the lowest temporal layer only

	pictureAt, tl0At, keyAt uint8 // offsets; 0: the field is absent
	long                    bool  // the picture ID has 15 bits, else 7
}

// HasPictureID says whether the descriptor carries a picture ID.
func (d *VP8) HasPictureID() bool { return d.pictureAt != 0 }

// ParseVP8 reads the descriptor at the head of payload. ok is false when the
// bytes are cut short.
func ParseVP8(payload []byte) (d VP8, ok bool) {
	if len(payload) < 1 {
		return VP8{}, false
	}
	first := payload[0]
	at := 1
	if first&0x80 != 0 {
		if at >= len(payload) {
			return VP8{}, false
		}
		extension := payload[at]
		at++
		if extension&0x80 != 0 { // I
			if at >= len(payload) {
				return VP8{}, false
			}
			d.pictureAt = uint8(at)
			if payload[at]&0x80 != 0 {
				if at+1 >= len(payload) {
					return VP8{}, false
				}
				d.long = true
				d.PictureID = binary.BigEndian.Uint16(payload[at:]) & 0x7fff
				at++
			} else {
				d.PictureID = uint16(payload[at])
			}
			at++
		}
		if extension&0x40 != 0 { // L
			if at >= len(payload) {
				return VP8{}, false
			}
			d.tl0At, d.TL0PicIdx = uint8(at), payload[at]
			at++
		}
		if extension&0x30 != 0 { // T or K
			if at >= len(payload) {
				return VP8{}, false
			}
			if extension&0x20 != 0 {
				d.hasLayer, d.Temporal, d.sync = true, payload[at]>>6, payload[at]&0x20 != 0
			}
			if extension&0x10 != 0 {
				d.keyAt, d.KeyIdx = uint8(at), payload[at]&0x1f
			}
			at++
		}
	}
	if at >= len(payload) {
		return VP8{}, false
	}
	d.Size = uint8(at)
	d.Start = first&0x10 != 0 && first&0x07 == 0
	d.Key = d.Start && payload[at]&0x01 == 0
	return d, true
}

// Shift is what is added to the counters of a VP8 descriptor.
type Shift struct {
	PictureID uint16
	TL0PicIdx uint8
	KeyIdx    uint8
}

// Patch writes the descriptor's counters plus by into payload, which is a copy
// of the one d was read from.
func (d *VP8) Patch(payload []byte, by Shift) {
	if len(payload) < int(d.Size) {
		return
	}
	if at := d.pictureAt; at != 0 {
		id := d.PictureID + by.PictureID
		if d.long {
			binary.BigEndian.PutUint16(payload[at:], id|0x8000)
		} else {
			payload[at] = byte(id) & 0x7f
		}
	}
	if at := d.tl0At; at != 0 {
		payload[at] = d.TL0PicIdx + by.TL0PicIdx
	}
	if at := d.keyAt; at != 0 {
		payload[at] = payload[at]&0xe0 | (d.KeyIdx+by.KeyIdx)&0x1f
	}
}
