package fallback_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/pion/webrtc/v4"

	"github.com/easel-live/easel/fallback"
	"github.com/easel-live/easel/fallback/rfb"
	"github.com/easel-live/easel/internal/room"
	signal "github.com/easel-live/easel/signaling/client"
	"github.com/easel-live/easel/wire"
)

var dialects = map[string]rfb.Dialect{"rfb": rfb.Plain, "kasmvnc": rfb.Kasm}

func down(sym uint32) []byte { return rfb.AppendKey(nil, rfb.Pressing{Down: true, Keysym: sym}) }
func up(sym uint32) []byte   { return rfb.AppendKey(nil, rfb.Pressing{Keysym: sym}) }

// everything is one of each message that acts on the canvas, and one that asks
// for a picture last.
func everything(d rfb.Dialect) []byte {
	be := binary.BigEndian
	all := slices.Concat(
		d.AppendPointer(nil, rfb.Pointing{Buttons: 1, X: 10, Y: 11}), d.AppendPointer(nil, rfb.Pointing{X: 12, Y: 11}),
		down('a'), up('a'),
		rfb.AppendKey(nil, rfb.Pressing{Down: true, Keysym: 'b', Code: 0x30}), rfb.AppendKey(nil, rfb.Pressing{Keysym: 'b', Code: 0x30}),
		[]byte{6, 0, 0, 0, 0, 0, 0, 3, 'c', 'u', 't'},
		append([]byte{251, 0, 3, 32, 2, 88, 1, 0}, make([]byte, 16)...),
	)
	if d == rfb.Kasm {
		all = slices.Concat(all, []byte{180, 1, 10}, []byte("text/plain"), be.AppendUint32(nil, 3), []byte("cut"),
			[]byte{252, 3, 32, 2, 88}, []byte{181, 0, 1, 'x'}, []byte{182, 1, 'x'}, []byte{183, 1, 'x', 0, 0, 0, 0},
			append([]byte{188}, make([]byte, 9)...))
	}
	return append(all, 3, 0, 0, 0, 0, 0, 0, 64, 0, 48)
}

func TestTheHolderReachesTheDisplay(t *testing.T) {
	for name, d := range dialects {
		t.Run(name, func(t *testing.T) {
			h := open(t, name, fallback.Limits{})
			c := h.enter("ann", room.Owner, false)
			for _, b := range everything(d) { // byte by byte
				c.send([]byte{b})
			}
			c.until("a picture", func() bool { return bytes.Contains(c.bytes, []byte{0xaa, 0xbb, 0xcc}) })
			h.x.until("all of it", func() bool {
				others := 3 // clipboard, size, picture
				if d == rfb.Kasm {
					others = 5
				}
				return len(h.x.pointers) == 2 && len(h.x.keys) == 4 && len(h.x.others) == others && h.x.ends()
			})
			if h.x.shared[0] != 1 {
				t.Error("the shared flag was not forced: others would be thrown out")
			}
		})
	}
}

func TestAViewerReachesOnlyTheirPicture(t *testing.T) {
	for name, d := range dialects {
		t.Run(name, func(t *testing.T) {
			h := open(t, name, fallback.Limits{})
			h.enter("ann", room.Owner, false)
			c := h.enter("vic", room.Viewer, false)
			c.send(everything(d)) // all in one
			c.until("a picture", func() bool { return bytes.Contains(c.bytes, []byte{0xaa, 0xbb, 0xcc}) })
			h.x.mu.Lock()
			defer h.x.mu.Unlock()
			if len(h.x.pointers)+len(h.x.keys) > 0 || len(h.x.others) != 1 || h.x.others[3] != 1 {
				t.Errorf("a viewer reached the display: %v %v %v", h.x.pointers, h.x.keys, h.x.others)
			}
			if h.metric("easel_vnc_dropped_total", "key") != 4 {
				t.Error("what was dropped is not counted")
			}
		})
	}
}

// TestAHandoverLetsGoFirst: an owner takes the canvas in the middle of another's
// stroke. The X server has let go of it before anybody hears of the new lease,
// and what the first still holds down draws no more.
func TestAHandoverLetsGoFirst(t *testing.T) {
	h := open(t, "rfb", fallback.Limits{})
	d := rfb.Plain
	ann := h.enter("ann", room.Owner, true)
	bob := h.enter("bob", room.Owner, true)
	ann.send(slices.Concat(d.AppendPointer(nil, rfb.Pointing{Buttons: 1, X: 5, Y: 5}), down(0xffe1)))
	h.x.until("ann draws", func() bool { return len(h.x.pointers) == 1 && len(h.x.keys) == 1 })
	released := make(chan bool, 1)
	bob.say(wire.TopicControl, wire.Control{Type: wire.ControlTake})
	bob.until("bob holds it", func() bool {
		if bob.lease().Holder != "bob" {
			return false
		}
		h.x.mu.Lock()
		defer h.x.mu.Unlock()
		released <- h.x.ends()
		return true
	})
	if !<-released {
		t.Error("the lease was told before everything was up")
	}
	ann.send(d.AppendPointer(nil, rfb.Pointing{Buttons: 1, X: 9, Y: 9}))
	bob.send(d.AppendPointer(nil, rfb.Pointing{Buttons: 1, X: 20, Y: 20}))
	bob.send(d.AppendPointer(nil, rfb.Pointing{X: 20, Y: 20}))
	h.x.until("bob drew", func() bool { return len(h.x.pointers) == 4 && h.x.ends() })
	for _, p := range h.x.pointers[1:] {
		if p.x == 9 {
			t.Error("ann drew on")
		}
	}
}

// onlooker joins a room and only listens.
type onlooker struct{}

func (onlooker) OnParticipant(signal.Participant)                 {}
func (onlooker) OnTrack(*webrtc.TrackRemote, *webrtc.RTPReceiver) {}
func (onlooker) OnData(string, string, []byte)                    {}
func (onlooker) OnClosed(error)                                   {}

// TestAStrokeOutlivesTheConnectionBesideIt: while somebody draws by VNC, their
// page looks for a way to WebRTC by joining, again and again.
func TestAStrokeOutlivesTheConnectionBesideIt(t *testing.T) {
	h := open(t, "rfb", fallback.Limits{})
	ann := h.enter("ann", room.Owner, true)
	const points = 6
	for i := range points {
		ann.send(rfb.Plain.AppendPointer(nil, rfb.Pointing{Buttons: 1, X: uint16(i), Y: 5}))
		h.x.until("ann draws", func() bool { return len(h.x.pointers) == i+1 })
		if i%2 == 1 {
			beside, err := signal.Dial(t.Context(), signal.Options{URL: h.url, Token: h.token("ann", room.Owner)}, onlooker{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = beside.Close() })
		}
	}
	h.x.mu.Lock()
	defer h.x.mu.Unlock()
	for i, p := range h.x.pointers {
		if p.buttons != 1 || int(p.x) != i {
			t.Errorf("the stroke was cut: %v", h.x.pointers)
			break
		}
	}
}

func TestACutOffViewerHoldsNothing(t *testing.T) {
	for name, cut := range map[string]func(*house, *client){
		"browser gone":   func(_ *house, c *client) { c.ws.Close() },
		"gateway closes": func(h *house, _ *client) { go h.gateway.Close() },
		"tunnel gone":    func(h *house, _ *client) { h.hub.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t, "rfb", fallback.Limits{})
			c := h.enter("ann", room.Owner, false)
			c.send(slices.Concat(rfb.Plain.AppendPointer(nil, rfb.Pointing{Buttons: 5, X: 5, Y: 5}), down('x')))
			h.x.until("ann draws", func() bool { return len(h.x.pointers) == 1 && len(h.x.keys) == 1 })
			cut(h, c)
			h.x.until("everything is up", func() bool { return len(h.x.pointers) > 1 && h.x.ends() })
		})
	}
}

func TestADisplayThatDiesEndsTheConnection(t *testing.T) {
	h := open(t, "rfb", fallback.Limits{})
	c := h.enter("ann", room.Owner, false)
	h.x.kill()
	c.untilEnd("display is gone")
}

func TestWithoutADisplayTheReasonIsTold(t *testing.T) {
	h := open(t, "rfb", fallback.Limits{})
	h.hub.Close()
	c := h.dial("ann", room.Owner, false)
	c.reading.Go(c.read)
	c.send([]byte("RFB 003.008\n"))
	c.send([]byte{1})
	c.untilEnd("agent is not connected")
	c.until("as RFB says it too", func() bool { return bytes.Contains(c.bytes, []byte("not connected")) })
}

func TestBadClientsAreCutOffWithAReason(t *testing.T) {
	hello := "RFB 003.008\n\x01\x00"
	for name, c := range map[string]struct{ say, want string }{
		"old RFB":       {"RFB 003.003\n", "only RFB 3.8"},
		"not RFB":       {"GET / HTTP/1.1\r\n", "only RFB 3.8"},
		"other lock":    {"RFB 003.008\n\x02", "security type"},
		"unknown type":  {hello + "\x4d", "does not have: type 77"},
		"wrong dialect": {hello + "\xb4\x00", "does not have: type 180"},
		"oversized":     {hello + "\x06\x00\x00\x00\x7f\xff\xff\xff", "too large"},
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t, "rfb", fallback.Limits{})
			client := h.dial("ann", room.Owner, false)
			client.reading.Go(client.read)
			client.send([]byte(c.say))
			client.untilEnd(c.want)
		})
	}
	t.Run("text", func(t *testing.T) {
		h := open(t, "rfb", fallback.Limits{})
		client := h.enter("ann", room.Owner, false)
		if err := client.ws.WriteMessage(websocket.TextMessage, []byte("{}")); err != nil {
			t.Fatal(err)
		}
		client.untilEnd("no words")
	})
	t.Run("no token", func(t *testing.T) {
		h := open(t, "rfb", fallback.Limits{})
		for _, raw := range []string{"", "nonsense", h.token("agent", room.Agent)} {
			_, response, err := websocket.DefaultDialer.Dial(h.url+fallback.Path+"?access_token="+raw, nil)
			if err == nil || response.StatusCode != http.StatusUnauthorized {
				t.Errorf("token %.10q: %v", raw, err)
			}
		}
	})
}

// TestHalfOpenConnectionsAreBounded: they take places for a while only, and no
// connection to the X server at all.
func TestHalfOpenConnectionsAreBounded(t *testing.T) {
	h := open(t, "rfb", fallback.Limits{Viewers: 8, Handshake: 3 * time.Second})
	for range 8 {
		c := h.dial("ann", room.Viewer, false)
		c.reading.Go(c.read)
		defer c.until("given up", func() bool { return c.end != nil })
	}
	h.counts("easel_vnc_ended_total", "handshake", 8)
	h.enter("ann", room.Owner, false)
	h.x.mu.Lock()
	defer h.x.mu.Unlock()
	if len(h.x.conns) != 1 {
		t.Errorf("%d connections to the X server", len(h.x.conns))
	}
}

// TestAThousandHalfOpenConnectionsKeepNobodyOut: no more of them stay than there
// are places, each that goes is counted, who draws draws on, and who comes is let
// in. Only viewers who are there take places for good.
func TestAThousandHalfOpenConnectionsKeepNobodyOut(t *testing.T) {
	const places, flood = 20, 1000
	h := open(t, "rfb", fallback.Limits{Viewers: places, Handshake: patience})
	ann := h.enter("ann", room.Owner, false)
	for range flood {
		h.dial("eve", room.Viewer, false)
	}
	h.counts("easel_vnc_refused_total", "half-open", flood-places+1)
	h.counts("easel_vnc_ended_total", "handshake", flood-places+1)
	if n := h.metric("easel_vnc_connections", ""); n > places {
		t.Errorf("%v connections, want %d at most", n, places)
	}
	ann.send(rfb.Plain.AppendPointer(nil, rfb.Pointing{X: 7}))
	h.x.until("ann draws on", func() bool { return len(h.x.pointers) == 1 })
	for i := range places - 1 {
		h.enter(fmt.Sprintf("guest %d", i), room.Viewer, false)
	}
	late := h.dial("late", room.Viewer, false)
	late.reading.Go(late.read)
	late.untilEnd("too many viewers")
	if n := h.metric("easel_vnc_refused_total", "full"); n != 1 {
		t.Errorf("%v refused for lack of a place", n)
	}
}

// TestAClientThatNeverReads is cut off, and nobody else waits for it.
func TestAClientThatNeverReads(t *testing.T) {
	h := open(t, "rfb", fallback.Limits{Write: 500 * time.Millisecond})
	slow := h.dial("sloth", room.Viewer, false)
	slow.send([]byte("RFB 003.008\n\x01\x01"))
	ask := bytes.Repeat([]byte{3, 0, 0, 0, 0, 0, 0, 64, 0, 48}, 1000)
	flood := make(chan struct{})
	go func() {
		defer close(flood)
		for slow.ws.WriteMessage(websocket.BinaryMessage, ask) == nil {
		}
	}()
	other := h.enter("ann", room.Owner, false)
	for i := range 50 {
		other.send(rfb.Plain.AppendPointer(nil, rfb.Pointing{X: uint16(i)}))
	}
	h.x.until("the other draws on", func() bool { return len(h.x.pointers) == 50 })
	<-flood
	h.counts("easel_vnc_ended_total", "slow", 1)
}

// TestWords: Easel's client learns the room and takes control without WebRTC.
func TestWords(t *testing.T) {
	h := open(t, "rfb", fallback.Limits{})
	ann := h.enter("ann", room.Owner, true)
	eve := h.enter("eve", room.Editor, true)
	eve.until("the room's state", func() bool {
		if len(eve.words) == 0 {
			return false
		}
		last := eve.words[len(eve.words)-1]
		people, _ := last["people"].([]any)
		return last["type"] == "state" && len(people) == 2 && eve.lease().Holder == "ann"
	})
	ann.say(wire.TopicControl, wire.Control{Type: wire.ControlGrant, To: "eve"})
	eve.until("control", func() bool { return eve.lease().Holder == "eve" })
	eve.send(down('e'))
	h.x.until("eve types", func() bool { return len(h.x.keys) == 1 })
	eve.close()
	h.x.until("nothing is held", func() bool { return len(h.x.keys) == 2 && h.x.ends() })
	ann.until("eve is gone", func() bool { return ann.lease().Holder != "eve" })
}

func TestASecondWindowClosesTheFirst(t *testing.T) {
	h := open(t, "rfb", fallback.Limits{})
	first := h.enter("ann", room.Owner, false)
	second := h.enter("ann", room.Owner, false)
	first.untilEnd("another window")
	second.send(down('s'))
	h.x.until("the second draws", func() bool { return len(h.x.keys) == 1 })
	if !strings.Contains(first.end.Error(), "another window") {
		t.Error(first.end)
	}
}
