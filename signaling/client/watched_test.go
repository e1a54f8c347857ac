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
	for name, c := range map[string]struct {
		update *livekit.SubscribedQualityUpdate
		layers int
		want   []bool
	}{
		"nothing said": {&livekit.SubscribedQualityUpdate{}, 2, []bool{true, true}},
		"nobody":       {said(), 2, []bool{false, false}},
		"half":         {said(mid), 2, []bool{true, false}},
		"three layers": {said(low, high), 3, []bool{true, false, true}},
		"the top only": {said(high), 1, []bool{true}},
	} {
		if got := watchedLayers(c.update, c.layers); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
