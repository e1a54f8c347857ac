package codec

import (
	"bytes"
	"slices"
	"testing"
)

func TestParse(t *testing.T) {
	got, err := Parse("vp9-444, av1,h264")
	if err != nil || !slices.Equal(got, []Codec{VP9Full, AV1, H264}) {
		t.Errorf("%v, %v", got, err)
	}
	for _, bad := range []string{"", "vp8,", "h265"} {
		if got, err := Parse(bad); err == nil {
			t.Errorf("%q was read as %v", bad, got)
		}
	}
}

func TestEveryCodecHasAFormat(t *testing.T) {
	for c := range names {
		if mime, _ := c.Format(); mime == "" {
			t.Errorf("%v has no MIME type", c)
		}
	}
}

// What makes Chromium show GBR as it is.
func TestDescribe(t *testing.T) {
	if got := RGB.Describe(); !bytes.Equal(got, []byte{0x01, 0x0d, 0x00, 0x20}) {
		t.Errorf("% x", got)
	}
}
