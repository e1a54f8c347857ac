package stockjs

import (
	"strings"
	"testing"
)

// Of a stock publisher's spatial layers, which are one stream, each viewer gets
// the part that suits: the smallest one for a thumbnail, all of them for the
// whole picture, and who changes their mind gets the other. (Chromium makes two
// layers of a picture this small, whatever it is asked for.)
func TestAStockPublisherHasSpatialLayers(t *testing.T) {
	for _, codec := range []string{"vp9", "av1"} {
		t.Run(codec, func(t *testing.T) {
			s := serve(t)
			s.browser = startChromium(t)
			publisher := s.enter("publisher", s.publisher("publisher"), `{}`, "")
			publisher.do(`publishBall("` + codec + `", "L3T3_KEY")`)

			whole := s.open("whole", `{}`)
			whole.until("the whole picture", `seen.frames > 5 && seen.width === 640`)
			small := s.open("small", `{}`)
			small.until("video plays", `seen.frames > 5`)
			small.do(`wantQuality("LOW")`)
			small.until("the smallest layer alone", `seen.width === 320`)
			small.do(`(window.before = seen.frames)`)
			small.until("a moving picture", `seen.frames > window.before + 10 && seen.width === 320`)
			whole.do(`(window.before = seen.frames)`)
			whole.until("the whole picture still", `seen.frames > window.before + 10 && seen.width === 640`)
			if got := eval[string](small, `codec()`); !strings.HasPrefix(strings.ToLower(got), "video/"+codec) {
				t.Errorf("%s arrives, want %s", got, codec)
			}
			small.do(`wantQuality("HIGH")`)
			small.until("the whole picture again", `seen.width === 640`)
		})
	}
}
