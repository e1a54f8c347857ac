package signaling_test

import (
	"fmt"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/livekit/protocol/livekit"
	"google.golang.org/protobuf/proto"

	"github.com/easel-live/easel/internal/room"
)

// crowd are many clients that only listen.
type crowd struct {
	updates, bytes atomic.Int64
	complete       sync.WaitGroup // everyone has heard of everyone
	readers        sync.WaitGroup
	links          []*websocket.Conn
}

// gather lets n people join, eight at a time, and waits until each knows all.
func (h *house) gather(n int) *crowd {
	h.t.Helper()
	c := &crowd{links: make([]*websocket.Conn, n)}
	c.complete.Add(n)
	var doors sync.WaitGroup
	next := make(chan int)
	for range 8 {
		doors.Go(func() {
			for i := range next {
				params := url.Values{"access_token": {h.token(fmt.Sprint("guest-", i), room.Viewer)}, "protocol": {"16"}}
				ws, _, err := websocket.DefaultDialer.Dial(h.url+"/rtc?"+params.Encode(), nil)
				if err != nil {
					h.t.Error(err)
					c.complete.Done()
					continue
				}
				c.links[i] = ws
				c.readers.Go(func() { c.listen(ws, n) })
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	doors.Wait()
	c.complete.Wait()
	return c
}

func (c *crowd) listen(ws *websocket.Conn, n int) {
	known := map[string]bool{}
	done := sync.OnceFunc(c.complete.Done)
	defer done()
	for {
		_, raw, err := ws.ReadMessage()
		if err != nil {
			return
		}
		msg := &livekit.SignalResponse{}
		if proto.Unmarshal(raw, msg) != nil {
			return
		}
		people := msg.GetUpdate().GetParticipants()
		if join := msg.GetJoin(); join != nil {
			people = append(join.GetOtherParticipants(), join.GetParticipant())
		} else if people != nil {
			c.updates.Add(1)
		}
		c.bytes.Add(int64(len(raw)))
		for _, p := range people {
			known[p.GetIdentity()] = true
		}
		if len(known) >= n {
			done()
		}
	}
}

func (c *crowd) leave() {
	for _, ws := range c.links {
		if ws != nil {
			_ = ws.Close()
		}
	}
	c.readers.Wait()
}

// TestACrowdIsToldTogether: what each hears grows with the time it takes all to
// come, not with their number.
func TestACrowdIsToldTogether(t *testing.T) {
	const n = 100
	h := open(t, nil)
	began := time.Now()
	c := h.gather(n)
	defer c.leave()
	rounds := int64(time.Since(began)/(50*time.Millisecond)) + 3
	if got := c.updates.Load(); got > n*rounds {
		t.Errorf("%d updates for %d people in %d rounds", got, n, rounds)
	}
}

// BenchmarkCrowd is a room that fills up: what it takes for everyone to know of
// everyone, the server's and the clients' part together.
func BenchmarkCrowd(b *testing.B) {
	for _, n := range []int{100, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				h := open(b, nil)
				c := h.gather(n)
				b.StopTimer()
				b.ReportMetric(float64(c.updates.Load())/float64(n), "updates/person")
				b.ReportMetric(float64(c.bytes.Load())/float64(n)/1024, "KiB/person")
				c.leave()
				h.server.Close()
				b.StartTimer()
			}
		})
	}
}
