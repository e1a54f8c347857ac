package client

import (
	"slices"
	"testing"

	"github.com/livekit/protocol/livekit"
)

func TestWatchedLayers(t *testing.T) {
	low, mid, high := livekit.VideoQuality_LOW, livekit.VideoQuality_MEDIUM, livekit.VideoQuality_HIGH
	said := func(enabled ...livekit.VideoQuality) []*livekit.SubscribedQuality {
		var all []*livekit.SubscribedQuality
		for _, q := range []livekit.VideoQuality{low, mid, high} {
			all = append(all, &livekit.SubscribedQuality{Quality: q, Enabled: slices.Contains(enabled, q)})
		}
		return all
	}
	for name, c := range map[string]struct {
		update *livekit.SubscribedQualityUpdate
		layers int
		want   []bool
	}{
		"nothing said": {&livekit.SubscribedQualityUpdate{}, 2, []bool{true, true}},
		"nobody":       {&livekit.SubscribedQualityUpdate{SubscribedQualities: said()}, 2, []bool{false, false}},
		"half":         {&livekit.SubscribedQualityUpdate{SubscribedQualities: said(mid)}, 2, []bool{true, false}},
		"three layers": {&livekit.SubscribedQualityUpdate{SubscribedQualities: said(low, high)}, 3, []bool{true, false, true}},
		"codecs count more": {&livekit.SubscribedQualityUpdate{
			SubscribedQualities: said(low),
			SubscribedCodecs:    []*livekit.SubscribedCodec{{Codec: "vp8", Qualities: said(high)}},
		}, 1, []bool{true}},
	} {
		if got := watchedLayers(c.update, c.layers); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
