package stockjs

import (
	"testing"
	"time"

	"github.com/livekit/protocol/auth"
)

// publisher is a token of stock LiveKit tools, which may publish.
func (s *stage) publisher(identity string) string {
	s.t.Helper()
	raw, err := auth.NewAccessToken(key, secret).SetIdentity(identity).
		SetVideoGrant(&auth.VideoGrant{RoomJoin: true, Room: "studio"}).SetValidFor(time.Hour).ToJWT()
	if err != nil {
		s.t.Fatal(err)
	}
	return raw
}

// A stock publisher sends its first codec alone until somebody comes who cannot
// decode it; then its backup codec too, to those.
func TestAStockPublisherHasABackup(t *testing.T) {
	s := serve(t)
	s.browser = startChromium(t)
	publisher := s.enter("publisher", s.publisher("publisher"), `{}`, "")
	publisher.do(`publishBall("vp9")`)

	able := s.open("able", `{}`)
	able.until("VP9 plays", `seen.frames > 5 && codec().then((c) => c.startsWith("video/VP9"))`)
	if got := eval[string](publisher, `sending().then((all) => all.join())`); got != "video/VP9" {
		t.Errorf("%s is sent, want VP9 alone", got)
	}
	old := s.openAs("old", `{}`, `onlyDecode("video/VP8", "")`)
	old.until("VP8 plays", `seen.frames > 5 && codec().then((c) => c === "video/VP8")`)
	able.do(`(window.before = seen.frames)`)
	able.until("VP9 goes on", `seen.frames > window.before + 5 && codec().then((c) => c.startsWith("video/VP9"))`)
	if got := eval[string](publisher, `sending().then((all) => all.join())`); got != "video/VP8,video/VP9" {
		t.Errorf("%s is sent, want both", got)
	}
	infos := eval[[]string](able, `[...room.remoteParticipants.values()][0].trackPublications.values().toArray()[0].trackInfo.codecs.map((c) => c.mimeType)`)
	if len(infos) != 2 || infos[0] != "video/VP9" || infos[1] != "video/VP8" {
		t.Errorf("the track is announced in %v", infos)
	}
}
