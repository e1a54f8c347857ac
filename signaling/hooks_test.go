package signaling_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/livekit/protocol/auth"
	"github.com/livekit/protocol/livekit"
	"github.com/livekit/protocol/webhook"

	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/signaling"
)

func TestWebhooksTellAStory(t *testing.T) {
	events := make(chan *livekit.WebhookEvent, 64)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		event, err := webhook.ReceiveWebhookEvent(req, auth.NewSimpleKeyProvider(testKey, testSecret))
		if err != nil {
			t.Error(err)
			return
		}
		events <- event
	}))
	t.Cleanup(receiver.Close)
	h := open(t, func(c *signaling.Config) { c.Webhooks = []string{receiver.URL} })
	agent := h.enter("agent", room.Agent)
	agent.feed()
	viewer := h.enter("viewer", room.Viewer)
	viewer.until("it receives", func() bool { return viewer.packets > 0 })
	viewer.until("the agent is active", func() bool { return viewer.people["agent"].Active })
	h.server.CloseRoom("studio")
	var story []string
	for len(story) == 0 || story[len(story)-1] != "room_finished" {
		e := <-events
		line := e.GetEvent()
		if p := e.GetParticipant(); p != nil {
			line += " " + p.GetIdentity()
		}
		if e.GetRoom().GetName() != "studio" || e.GetId() == "" || e.GetCreatedAt() == 0 {
			t.Errorf("%v", e)
		}
		story = append(story, line)
	}
	for _, order := range [][]string{
		{"room_started", "participant_joined agent", "track_unpublished agent", "participant_left agent", "room_finished"},
		{"room_started", "track_published agent", "track_unpublished agent"},
		{"participant_joined viewer", "participant_left viewer"},
	} {
		at := -1
		for _, line := range order {
			i := slices.Index(story, line)
			if i <= at {
				t.Errorf("%q is missing or too early in %q", line, story)
			}
			at = i
		}
	}
}

func TestWebhookURLsAreChecked(t *testing.T) {
	open(t, func(c *signaling.Config) {
		bad := *c
		bad.Metrics, bad.Webhooks = nil, []string{"gopher://x"}
		if _, err := signaling.NewServer(bad); err == nil {
			t.Error("a webhook to gopher was taken")
		}
	})
}
