package sfu

import (
	"slices"

	"github.com/pion/rtp"

	"github.com/easel-live/easel/sfu/packet"
	"github.com/easel-live/easel/sfu/ring"
)

// descriptorURI is the header extension that says how the frames of a layered
// stream hang together (see package depend).
const descriptorURI = "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension"

// maxShortExtension is the longest value, in bytes, of an extension that goes
// with others in the one-byte form (RFC 8285 section 4.2).
const maxShortExtension = 16

// describe reads the dependency descriptor of the packet p, parsed from b. The
// caller holds u.mu.
func (u *uplink) describe(p *packet.RTP, b []byte, l *layer) {
	descriptor, ok := packet.Extension(b, u.describes)
	if !ok {
		return
	}
	p.Descriptor = descriptor
	if p.Steps, ok = u.steps.Read(descriptor); ok && l != nil {
		l.divide(u.steps.Ladder(), u.steps.Active())
	}
}

// negotiateDescriptor has the extension in a header of its own, if the viewer
// negotiated it under id. The caller holds d.mu.
func (d *downTrack) negotiateDescriptor(id int) error {
	d.describes, d.described = 0, nil
	if id == 0 {
		return nil
	}
	header := rtp.Header{Extension: true, ExtensionProfile: rtp.ExtensionProfileOneByte}
	header.Extensions = slices.Clone(d.plain)
	if err := header.SetExtension(uint8(id), []byte{0}); err != nil {
		return err
	}
	d.describes, d.described = uint8(id), header.Extensions
	return nil
}

// describe puts the dependency descriptor of p into the header, as it came.
// Packets of layered streams alone are unequal for it. The caller holds d.mu.
func (d *downTrack) describe(p *ring.Packet) {
	h := &d.header
	h.ExtensionProfile = rtp.ExtensionProfileOneByte
	if len(p.Descriptor) > 0 {
		if len(p.Descriptor) > maxShortExtension {
			h.ExtensionProfile = rtp.ExtensionProfileTwoByte
		}
		h.Extension, h.Extensions = true, d.described
		_ = h.SetExtension(d.describes, p.Descriptor) // of a fitting length
	}
	h.Extension = len(h.Extensions) > 0
}
