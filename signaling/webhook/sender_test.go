package webhook_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/livekit/protocol/auth"
	"github.com/livekit/protocol/livekit"
	receiving "github.com/livekit/protocol/webhook"
	"go.uber.org/goleak"

	"github.com/easel-live/easel/signaling/webhook"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	key    = "testkey"
	secret = "test-secret-test-secret-test-secret-0"
)

var keys = auth.NewSimpleKeyProvider(key, secret)

// receiver answers attempts with status and tells of the events it took.
func receiver(t *testing.T, status func(attempt int64) int) (string, <-chan *livekit.WebhookEvent, *atomic.Int64) {
	t.Helper()
	events, attempts := make(chan *livekit.WebhookEvent, 8192), &atomic.Int64{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		code := status(attempts.Add(1))
		event, err := receiving.ReceiveWebhookEvent(req, keys)
		if err != nil {
			t.Errorf("a receiver of LiveKit's does not take it: %v", err)
		}
		w.WriteHeader(code)
		if code < 300 {
			events <- event
		}
	}))
	t.Cleanup(s.Close)
	return s.URL, events, attempts
}

func sender(t *testing.T, urls ...string) *webhook.Sender {
	t.Helper()
	s, err := webhook.New(webhook.Config{URLs: urls, Key: key, Secret: secret, Backoff: time.Millisecond, Attempts: 3})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestEventsArriveInOrder(t *testing.T) {
	url, events, _ := receiver(t, func(attempt int64) int {
		if attempt == 1 {
			return http.StatusBadGateway // and again
		}
		return http.StatusOK
	})
	s := sender(t, url)
	for i := range 10 {
		s.Send(&livekit.WebhookEvent{Event: "room_started", Id: fmt.Sprint(i), Room: &livekit.Room{Name: "studio"}})
	}
	s.Close(t.Context())
	for i := range 10 {
		if e := <-events; e.GetId() != fmt.Sprint(i) || e.GetRoom().GetName() != "studio" {
			t.Errorf("event %d is %v", i, e)
		}
	}
	if n := s.Dropped(); n != 0 {
		t.Errorf("%d dropped", n)
	}
}

func TestAReceiverThatRefuses(t *testing.T) {
	for status, want := range map[int]int64{http.StatusBadRequest: 1, http.StatusFound: 1, http.StatusServiceUnavailable: 3} {
		url, _, attempts := receiver(t, func(int64) int { return status })
		s := sender(t, url)
		s.Send(&livekit.WebhookEvent{Event: "room_started"})
		s.Close(t.Context())
		if n := attempts.Load(); n != want || s.Dropped() != 1 {
			t.Errorf("status %d: %d attempts, want %d; %d dropped", status, n, want, s.Dropped())
		}
	}
}

func TestASlowReceiverHoldsUpNobody(t *testing.T) {
	release := make(chan struct{})
	stuck := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		select {
		case <-release:
		case <-req.Context().Done():
		}
	}))
	defer stuck.Close()
	defer close(release)
	url, events, _ := receiver(t, func(int64) int { return http.StatusOK })
	s := sender(t, stuck.URL, url)
	began := time.Now()
	for range 5000 {
		s.Send(&livekit.WebhookEvent{Event: "track_published"})
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("sending took %v", took)
	}
	<-events
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s.Close(ctx)
	if s.Dropped() == 0 {
		t.Error("nothing was dropped")
	}
}

func TestURLsAreChecked(t *testing.T) {
	for _, bad := range []string{"", "ftp://x", "x", "http://", "://"} {
		if _, err := webhook.New(webhook.Config{URLs: []string{bad}}); !errors.Is(err, webhook.ErrURL) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if _, err := webhook.New(webhook.Config{URLs: strings.Fields(strings.Repeat("http://a ", 17))}); !errors.Is(err, webhook.ErrURL) {
		t.Error(err)
	}
	var nobody *webhook.Sender
	nobody.Send(&livekit.WebhookEvent{})
	nobody.Close(t.Context())
}
