// Package fmtp compares video formats as session descriptions write them, by
// MIME type and fmtp line: whether a decoder for one plays the other.
package fmtp

import "strings"

// Same compares the parameters that decide: VP9's profile-id (RFC 9628), AV1's
// profile, H.264's profile (the first four digits of profile-level-id) and
// packetization mode (RFC 6184). Both lines are of the codec that mime names.
func Same(mime, a, b string) bool { return compare(mime, a, b, 4) }

// Kindred takes H.264 baseline and constrained baseline for one: what WebRTC's
// encoders call baseline keeps to the constraints.
func Kindred(mime, a, b string) bool { return compare(mime, a, b, 2) }

func compare(mime, a, b string, digits int) bool {
	switch strings.ToLower(mime) {
	case "video/vp9":
		return Parameter(a, "profile-id", "0") == Parameter(b, "profile-id", "0")
	case "video/av1":
		return Parameter(a, "profile", "0") == Parameter(b, "profile", "0")
	case "video/h264":
		x := Parameter(a, "profile-level-id", "42000a")
		y := Parameter(b, "profile-level-id", "42000a")
		return len(x) == 6 && len(y) == 6 && strings.EqualFold(x[:digits], y[:digits]) &&
			Parameter(a, "packetization-mode", "0") == Parameter(b, "packetization-mode", "0")
	default:
		return true
	}
}

// Parameter reads one parameter of a line, fallback if it is not there.
func Parameter(line, name, fallback string) string {
	for field := range strings.SplitSeq(line, ";") {
		key, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		if strings.EqualFold(key, name) {
			return value
		}
	}
	return fallback
}
