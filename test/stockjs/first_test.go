//go:build join

package stockjs

import (
	"slices"
	"strconv"
	"testing"
)

// TestTimeToFirstFrame measures, and judges nothing: from connect() to the first
// frame presented, of a picture in motion (15 frames a second) and one at rest.
// The first page of a browser loads its codecs, so it does not count.
func TestTimeToFirstFrame(t *testing.T) {
	s := setUp(t, startChromium)
	s.open("first", `{}`).until("video plays", `seen.frames > 10`)
	for _, options := range []string{`{}`, `{singlePeerConnection: false}`} {
		for _, rests := range []bool{false, true} {
			s.rests.Store(rests)
			var took []float64
			for i := range 12 {
				p := s.open("viewer "+strconv.Itoa(i), options)
				p.until("video plays", `seen.frames > 0`)
				took = append(took, eval[float64](p, `seen.firstFrame`))
				p.do(`room.disconnect()`)
			}
			slices.Sort(took)
			t.Logf("%s, at rest %t: median %.0f ms, slowest %.0f ms", options, rests, took[len(took)/2], took[len(took)-1])
		}
	}
}
