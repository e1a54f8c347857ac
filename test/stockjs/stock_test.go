package stockjs

import (
	"encoding/json"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/easel-live/easel/signaling/client"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var _ client.Handler = (*stage)(nil)

func quote(s string) string {
	raw, err := json.Marshal(s)
	if err != nil {
		return `""`
	}
	return string(raw)
}

func TestChromiumOnePeerConnection(t *testing.T) {
	exercise(t, startChromium, `{}`, "publisher-only")
}

func TestChromiumTwoPeerConnections(t *testing.T) {
	exercise(t, startChromium, `{singlePeerConnection: false}`, "subscriber-primary")
}

func TestChromiumAdaptiveStream(t *testing.T) {
	exercise(t, startChromium, `{adaptiveStream: true, dynacast: true}`, "publisher-only")
}

// The client itself decides what it asks of Firefox by default.
func TestFirefoxAsTheClientLikes(t *testing.T) { exercise(t, startFirefox, `{}`, "publisher-only") }

func TestFirefoxTwoPeerConnections(t *testing.T) {
	exercise(t, startFirefox, `{singlePeerConnection: false}`, "subscriber-primary")
}

// exercise does what a viewer's page does, with the client's options; mode is
// what the client itself calls the way it then connects.
func exercise(t *testing.T, start func(*testing.T) driver, options, mode string) {
	s := setUp(t, start)
	p := s.open("watcher", options)
	if got := eval[string](p, `room.engine.pcManager.mode`); got != mode {
		t.Errorf("the client connects %s, want %s", got, mode)
	}
	p.until("video plays", `seen.frames > 10 && seen.width > 0`)
	t.Logf("first frame %d ms after connect()", int(eval[float64](p, `seen.firstFrame`)))
	p.until("the agent is known by role", `others().some(([i, role]) => i === "agent" && role === "agent")`)

	// Data up.
	p.do(`say("hello", "greeting")`)
	select {
	case got := <-s.data:
		for got[1] == "easel.control" {
			got = <-s.data
		}
		if got != [3]string{"watcher", "greeting", "hello"} {
			t.Errorf("the agent heard %v", got)
		}
	case <-time.After(patience):
		t.Fatal("the agent heard nothing")
	}
	// Data down, and the lease from the server itself.
	if err := s.agent.PublishData("answer", []byte("welcome"), true); err != nil {
		t.Fatal(err)
	}
	p.until("data arrives", `seen.data.some(([f, topic, d]) => f === "agent" && topic === "answer" && d === "welcome")`)
	p.until("the lease arrives", `seen.data.some(([f, topic, d]) => f === "" && topic === "easel.control" && JSON.parse(d).type === "lease")`)
	p.until("the lease is in the room's metadata", `"generation" in JSON.parse(room.metadata).lease`)

	// Chat between two stock clients.
	q := s.open("friend", options)
	q.until("a second viewer's video plays", `seen.frames > 10`)
	t.Logf("the second viewer's %d ms after", int(eval[float64](q, `seen.firstFrame`)))
	q.do(`chat("good line")`)
	p.until("chat arrives", `seen.chat.some(([f, text]) => f === "friend" && text === "good line")`)

	// Both are told how the agent's connection does.
	p.until("the connections are known", `["agent", "watcher"].every((who) => quality(who) === "excellent")`)

	// A lost signal connection heals without a new join: ICE restarts at both ends,
	// and the canvas stays on its element.
	p.do(`(window.sid = room.localParticipant.sid, window.names = iceNames(), room.simulateScenario("signal-reconnect"))`)
	p.until("resumed", `seen.events.includes("Reconnected")`)
	p.until("ICE has restarted", `iceNames().every((name, end) => name !== window.names[end])`)
	p.do(`(window.before = seen.frames)`)
	p.until("video goes on after the resume", `seen.frames > window.before + 10 && room.localParticipant.sid === window.sid && seen.tracks === 1`)

	// A full reconnect is another stay.
	p.do(`(seen.events = [], room.simulateScenario("full-reconnect"))`)
	p.until("rejoined", `seen.events.includes("Reconnected")`)
	p.do(`(window.before = seen.frames = 0)`)
	p.until("video goes on after the reconnect", `seen.frames > 10 && room.localParticipant.sid !== window.sid`)

	q.do(`room.disconnect()`)
	p.until("the friend has left", `!others().some(([i]) => i === "friend")`)
}

// TestTheCanvasOutlivesUDP cuts a viewer's UDP for good: the picture goes on by
// TCP on the same element, and nobody joins anew.
func TestTheCanvasOutlivesUDP(t *testing.T) {
	s := setUp(t, startChromium)
	line := newRelay(t, s.media)
	p := s.openBy(line.port(), "watcher", `{}`)
	p.until("video plays", `seen.frames > 10`)
	if by := eval[string](p, `protocol()`); by != "udp" {
		t.Fatalf("video comes by %s", by)
	}
	line.cut.Store(true)
	began := time.Now()
	p.do(`(window.sid = room.localParticipant.sid, window.before = seen.frames)`)
	p.until("video goes on", `seen.frames > window.before + 30`)
	t.Logf("two seconds of video after %v", time.Since(began).Round(100*time.Millisecond))
	if by := eval[string](p, `protocol()`); by != "tcp" {
		t.Errorf("video comes by %s", by)
	}
	if !eval[bool](p, `room.localParticipant.sid === window.sid && seen.tracks === 1`) {
		t.Errorf("the client started over: %s", eval[string](p, `JSON.stringify(seen.events)`))
	}
}
