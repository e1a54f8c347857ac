package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/easel-live/easel/session"
)

const (
	// maxEventStreams bounds the event streams open at once.
	maxEventStreams = 2000
	// heartbeat keeps proxies from closing a stream in which nothing happens,
	// and finds out about clients that are gone.
	heartbeat = 15 * time.Second
	// writeWithin is how long a client may take to accept an event.
	writeWithin = 10 * time.Second
)

// sessionEvents streams a session's changes as server-sent events, until it
// ended.
func (a *API) sessionEvents(w http.ResponseWriter, r *http.Request, c call) error {
	select {
	case a.events <- struct{}{}:
		defer func() { <-a.events }()
	default:
		return problemf(http.StatusServiceUnavailable, "too many event streams are open")
	}
	ctx, cancel := context.WithCancel(r.Context())
	seq, err := a.cfg.Sessions.Watch(ctx, c.session.ID)
	if err != nil {
		cancel()
		return problemf(http.StatusNotFound, "there is no session %q", c.session.ID)
	}
	changes := make(chan session.Session)
	var wg sync.WaitGroup
	wg.Go(func() {
		defer close(changes)
		for s := range seq {
			select {
			case changes <- s:
			case <-ctx.Done():
				return
			}
		}
	})
	defer wg.Wait()
	defer cancel()

	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	out := http.NewResponseController(w)
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		var event string
		select {
		case <-ctx.Done():
			return nil
		case <-beat.C:
			event = ":\n\n"
		case s, ok := <-changes:
			if !ok {
				return nil
			}
			b, err := json.Marshal(a.view(r, s, c.role))
			if err != nil {
				return fmt.Errorf("session event: %w", err)
			}
			event = "event: session\ndata: " + string(b) + "\n\n"
		}
		// Not every connection has deadlines; the write says if it is gone.
		_ = out.SetWriteDeadline(time.Now().Add(writeWithin))
		if _, err := w.Write([]byte(event)); err != nil {
			return nil
		}
		if err := out.Flush(); err != nil {
			return nil
		}
	}
}
