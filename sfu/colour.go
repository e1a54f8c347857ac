package sfu

import (
	"slices"

	"github.com/pion/rtp"

	"github.com/easel-live/easel/sfu/ring"
)

// colorSpaceURI is the header extension that says what a stream's numbers mean
// as colours, where the bitstream's word is not taken: Chromium shows lossless
// VP9 right only with it. A publisher sends it with the last packet of a frame.
const colorSpaceURI = "http://www.webrtc.org/experiments/rtp-hdrext/color-space"

// tint has the extension, if the viewer negotiated it under id, beside those
// that every packet carries. A frame's last packet alone is larger for it, as it
// may be in a batch of equal ones. The caller holds d.mu.
func (d *downTrack) tint(id int) error {
	d.plain, d.tinted = d.header.Extensions, nil
	if id == 0 {
		return nil
	}
	header := rtp.Header{Extension: d.header.Extension, ExtensionProfile: d.header.ExtensionProfile}
	header.Extensions = slices.Clone(d.header.Extensions)
	if err := header.SetExtension(uint8(id), d.colour[:]); err != nil {
		return err
	}
	d.tinted = header.Extensions
	if d.plain == nil { // it is the only one
		d.header.Extension, d.header.ExtensionProfile = header.Extension, header.ExtensionProfile
	}
	return nil
}

// dress puts the extensions into the header that p goes with. The caller holds
// d.mu.
func (d *downTrack) dress(p *ring.Packet) {
	d.header.Extensions = d.plain
	if p.IsColoured && d.tinted != nil {
		d.colour = p.Colour
		d.header.Extensions = d.tinted
	}
	if d.describes != 0 {
		d.describe(p)
	}
}
