package sfu

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
)

// section is a media section of the client's offer.
type section struct {
	mid   string
	kind  webrtc.RTPCodecType
	sends bool // the client sends
	takes bool // the client only receives
	track string
}

// decodable are the codecs that the video sections of a client's description
// name, each once: what it can be sent.
func decodable(text string) ([]webrtc.RTPCodecParameters, error) {
	var description sdp.SessionDescription
	if err := description.UnmarshalString(text); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSDP, err)
	}
	var all []webrtc.RTPCodecParameters
	for _, m := range description.MediaDescriptions {
		if webrtc.NewRTPCodecType(m.MediaName.Media) != webrtc.RTPCodecTypeVideo {
			continue
		}
		for _, c := range codecsOf(m) {
			isKnown := slices.ContainsFunc(all, func(k webrtc.RTPCodecParameters) bool {
				return k.MimeType == c.MimeType && k.SDPFmtpLine == c.SDPFmtpLine
			})
			if !isKnown && len(all) < maxDecodable {
				all = append(all, c)
			}
		}
	}
	return all, nil
}

// maxDecodable bounds how many codecs of a client's are looked at.
const maxDecodable = 64

// codecsOf reads a section's video codecs (RFC 8866 sections 6.6 and 6.15).
func codecsOf(m *sdp.MediaDescription) []webrtc.RTPCodecParameters {
	fmtps := map[string]string{}
	for _, a := range m.Attributes {
		if payload, line, ok := strings.Cut(a.Value, " "); ok && a.Key == "fmtp" {
			fmtps[payload] = line
		}
	}
	var codecs []webrtc.RTPCodecParameters
	for _, a := range m.Attributes {
		payload, encoding, ok := strings.Cut(a.Value, " ")
		if !ok || a.Key != "rtpmap" {
			continue
		}
		name, _, _ := strings.Cut(encoding, "/")
		codecs = append(codecs, webrtc.RTPCodecParameters{RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: "video/" + name, SDPFmtpLine: fmtps[payload],
		}})
	}
	return codecs
}

// parseOffer reads the audio and video sections of an offer and refuses what
// could not be answered. What it returns as offer is for pion.
func parseOffer(text string) (sections []section, offer string, err error) {
	if len(text) > MaxSDP {
		return nil, "", fmt.Errorf("%w: %d bytes of SDP, at most %d", ErrLimit, len(text), MaxSDP)
	}
	var description sdp.SessionDescription
	if err := description.UnmarshalString(text); err != nil {
		return nil, "", fmt.Errorf("%w: %w", ErrSDP, err)
	}
	if len(description.MediaDescriptions) == 0 {
		return nil, "", fmt.Errorf("%w: no media section", ErrSDP)
	}
	if len(description.MediaDescriptions) > MaxSections {
		return nil, "", fmt.Errorf("%w: %d media sections, at most %d", ErrLimit, len(description.MediaDescriptions), MaxSections)
	}
	if err := checkTransport(&description); err != nil {
		return nil, "", err
	}
	seen := map[string]bool{}
	isChanged := false
	for _, m := range description.MediaDescriptions {
		mid, _ := m.Attribute(sdp.AttrKeyMID)
		if mid == "" || seen[mid] {
			return nil, "", fmt.Errorf("%w: media section without a mid of its own", ErrSDP)
		}
		seen[mid] = true
		kind := webrtc.NewRTPCodecType(m.MediaName.Media)
		if kind == webrtc.RTPCodecTypeUnknown {
			continue
		}
		sections = append(sections, readSection(m, mid, kind))
		isChanged = keepBestSSRC(m) || isChanged
	}
	if !isChanged {
		return sections, text, nil
	}
	changed, err := description.Marshal()
	if err != nil {
		return nil, "", fmt.Errorf("%w: %w", ErrSDP, err)
	}
	return sections, string(changed), nil
}

// checkTransport refuses an offer that nobody could connect to, before pion has
// changed its state for it, from which there is no way back.
func checkTransport(d *sdp.SessionDescription) error {
	for _, key := range []string{"ice-ufrag", "ice-pwd", "fingerprint"} {
		_, has := d.Attribute(key)
		for _, m := range d.MediaDescriptions {
			_, hasOwn := m.Attribute(key)
			has = has || hasOwn
		}
		if !has {
			return fmt.Errorf("%w: no %s", ErrSDP, key)
		}
	}
	return nil
}

func readSection(m *sdp.MediaDescription, mid string, kind webrtc.RTPCodecType) section {
	s := section{mid: mid, kind: kind, sends: true}
	if m.MediaName.Port.Value == 0 {
		if _, isBundled := m.Attribute("bundle-only"); !isBundled {
			s.sends = false
			return s
		}
	}
	for _, a := range m.Attributes {
		switch a.Key {
		case sdp.AttrKeyRecvOnly:
			s.sends, s.takes = false, true
		case sdp.AttrKeyInactive:
			s.sends = false
		case sdp.AttrKeyMsid:
			if fields := strings.Fields(a.Value); len(fields) == 2 && s.track == "" {
				s.track = fields[1]
			}
		}
	}
	return s
}

// keepBestSSRC leaves the last stream of a simulcast that is named by SSRCs (a
// SIM group, lowest first), and says whether it did: pion receives simulcast by
// RID, and takes several SSRCs in a section for Plan B.
func keepBestSSRC(m *sdp.MediaDescription) bool {
	drop := map[string]bool{}
	for _, a := range m.Attributes {
		if fields := strings.Fields(a.Value); a.Key == sdp.AttrKeySSRCGroup && len(fields) > 2 && fields[0] == "SIM" {
			for _, ssrc := range fields[1 : len(fields)-1] {
				drop[ssrc] = true
			}
		}
	}
	if len(drop) == 0 {
		return false
	}
	for _, a := range m.Attributes {
		if fields := strings.Fields(a.Value); a.Key == sdp.AttrKeySSRCGroup && len(fields) == 3 && drop[fields[1]] {
			drop[fields[2]] = drop[fields[2]] || fields[0] == "FID"
		}
	}
	m.Attributes = slices.DeleteFunc(m.Attributes, func(a sdp.Attribute) bool {
		fields := strings.Fields(a.Value)
		switch a.Key {
		case sdp.AttrKeySSRCGroup:
			return slices.ContainsFunc(fields, func(s string) bool { return drop[s] })
		case sdp.AttrKeySSRC:
			return len(fields) > 0 && drop[fields[0]]
		default:
			return false
		}
	})
	return true
}

// closeEmpty marks the sections of an answer that the client offered to receive
// in and that carry nothing yet as inactive: pion calls them sendonly, and a
// browser would announce a track that never comes.
func closeEmpty(answer string, unused map[string]bool) (string, error) {
	if len(unused) == 0 {
		return answer, nil
	}
	var description sdp.SessionDescription
	if err := description.UnmarshalString(answer); err != nil {
		return "", fmt.Errorf("sfu: own answer: %w", err)
	}
	for _, m := range description.MediaDescriptions {
		if mid, _ := m.Attribute(sdp.AttrKeyMID); !unused[mid] {
			continue
		}
		for i, a := range m.Attributes {
			if a.Key == sdp.AttrKeySendOnly {
				m.Attributes[i].Key = sdp.AttrKeyInactive
			}
		}
	}
	text, err := description.Marshal()
	if err != nil {
		return "", fmt.Errorf("sfu: own answer: %w", err)
	}
	return string(text), nil
}
