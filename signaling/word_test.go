package signaling_test

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/livekit/protocol/livekit"

	"github.com/easel-live/easel/collab"
	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/signaling"
	"github.com/easel-live/easel/wire"
)

// pane is a window that remembers what it was told.
type pane struct {
	t     *testing.T
	visit *signaling.Visit

	mu      sync.Mutex
	changed chan struct{}
	said    []spoken
	refused []string // why, by code
}

// spoken is a message of the chat as a window is told of it.
type spoken struct{ From, Name, Text string }

func (p *pane) Lease(wire.Lease, func()) bool { return false }
func (p *pane) Dismiss(string)                {}

func (p *pane) Tell(raw []byte) {
	var word struct {
		Type    string
		Topic   string
		Payload []byte
		Lines   []spoken
	}
	if err := json.Unmarshal(raw, &word); err != nil {
		p.t.Error(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.said = append(p.said, word.Lines...)
	if c, err := wire.DecodeControl(word.Payload); word.Topic == wire.TopicControl && err == nil && c.Type == wire.ControlRefused {
		p.refused = append(p.refused, c.Code)
	}
	close(p.changed)
	p.changed = make(chan struct{})
}

func (h *house) look(t *testing.T, identity string, role room.Role) *pane {
	t.Helper()
	p := &pane{t: t, changed: make(chan struct{})}
	var err error
	if p.visit, err = h.server.Visit(h.token(identity, role), p); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *pane) say(text string) {
	p.t.Helper()
	raw, err := json.Marshal(map[string]string{"type": "say", "id": text[:min(len(text), 8)], "text": text})
	if err != nil {
		p.t.Fatal(err)
	}
	p.visit.Hear(raw)
}

func (p *pane) until(what string, so func() bool) {
	p.t.Helper()
	over := time.After(patience)
	for {
		p.mu.Lock()
		is, changed := so(), p.changed
		p.mu.Unlock()
		if is {
			return
		}
		select {
		case <-changed:
		case <-over:
			p.t.Fatalf("%s: never, but %v was said and %v refused", what, p.said, p.refused)
		}
	}
}

func (p *pane) hears(from, text string) {
	p.t.Helper()
	p.until(text, func() bool {
		for _, s := range p.said {
			if s.From == from && s.Text == text {
				return true
			}
		}
		return false
	})
}

// Who sees the canvas without media hears and says the same as everybody.
func TestTheChatAtAWindow(t *testing.T) {
	h := open(t, nil)
	owner := h.enter("owner", room.Owner)
	owner.lease()
	ann, vera := h.look(t, "ann", room.Editor), h.look(t, "vera", room.Viewer)
	ann.say("from one window to another")
	vera.hears("ann", "from one window to another")
	for _, raw := range stream("one", "in ", "pieces") {
		if err := owner.Publish(raw, true); err != nil {
			t.Fatal(err)
		}
	}
	vera.hears("owner", "in pieces")
	ann.hears("owner", "in pieces")
	late := h.look(t, "lena", room.Viewer)
	late.hears("ann", "from one window to another")
	late.hears("owner", "in pieces")

	owner.command(wire.Control{Type: wire.ControlMute, On: true})
	owner.leaseWith("the chat is muted", func(l wire.Lease) bool { return l.Rules.Muted })
	ann.say("is anybody there?")
	ann.until("it is refused", func() bool { return len(ann.refused) == 1 && ann.refused[0] == "chat_muted" })
	owner.command(wire.Control{Type: wire.ControlMute})
	owner.leaseWith("it is not any more", func(l wire.Lease) bool { return !l.Rules.Muted })
	ann.say(strings.Repeat("x", collab.MaxSaidBytes+1))
	ann.until("it is refused", func() bool { return len(ann.refused) == 2 && ann.refused[1] == "too_long" })
	ann.say("the last")
	vera.hears("ann", "the last")
	for _, s := range vera.said {
		if s.Text == "is anybody there?" || len(s.Text) > collab.MaxSaidBytes {
			t.Errorf("what was refused was told: %.20q", s.Text)
		}
	}
}

// stream is a message of the chat in pieces, as LiveKit's SDKs send it.
func stream(id string, pieces ...string) []*livekit.DataPacket {
	packets := []*livekit.DataPacket{{Value: &livekit.DataPacket_StreamHeader{StreamHeader: &livekit.DataStream_Header{
		StreamId: id, Topic: "lk.chat",
		ContentHeader: &livekit.DataStream_Header_TextHeader{TextHeader: &livekit.DataStream_TextHeader{}},
	}}}}
	for i, piece := range pieces {
		packets = append(packets, &livekit.DataPacket{Value: &livekit.DataPacket_StreamChunk{
			StreamChunk: &livekit.DataStream_Chunk{StreamId: id, ChunkIndex: uint64(i), Content: []byte(piece)},
		}})
	}
	return append(packets, &livekit.DataPacket{Value: &livekit.DataPacket_StreamTrailer{
		StreamTrailer: &livekit.DataStream_Trailer{StreamId: id},
	}})
}
