package client

import (
	"slices"
	"testing"

	"github.com/livekit/protocol/livekit"
)

func TestWatchedLayers(t *testing.T) {
	low, mid, high := livekit.VideoQuality_LOW, livekit.VideoQuality_MEDIUM, livekit.VideoQuality_HIGH
	said := func(enabled ...livekit.VideoQuality) *livekit.SubscribedQualityUpdate {
		var all []*livekit.SubscribedQuality
		for _, q := range []livekit.VideoQuality{low, mid, high} {
			all = append(all, &livekit.SubscribedQuality{Quality: q, Enabled: slices.Contains(enabled, q)})
		}
		return &livekit.SubscribedQualityUpdate{
			SubscribedCodecs: []*livekit.SubscribedCodec{{Codec: "vp8", Qualities: all}},
		}
	}
	half, full := Layer{RID: "h"}, Layer{RID: "f"}
	for name, c := range map[string]struct {
		update    *livekit.SubscribedQualityUpdate
		rendition int
		layers    []Layer
		want      []bool
	}{
		"nothing said":     {&livekit.SubscribedQualityUpdate{}, 0, []Layer{half, full}, []bool{true, true}},
		"nobody":           {said(), 0, []Layer{half, full}, []bool{false, false}},
		"half":             {said(mid), 0, []Layer{half, full}, []bool{true, false}},
		"half alone":       {said(mid), 0, []Layer{half}, []bool{true}},
		"three layers":     {said(low, high), 0, []Layer{{}, {}, {}}, []bool{true, false, true}},
		"the top only":     {said(high), 0, []Layer{{}}, []bool{true}},
		"another":          {said(high), 1, []Layer{half, full}, []bool{false, false}},
		"nothing of three": {&livekit.SubscribedQualityUpdate{}, 2, []Layer{full}, []bool{false}},
	} {
		if got := watchedLayers(c.update, c.rendition, c.layers); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
