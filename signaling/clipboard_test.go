package signaling_test

import (
	"testing"

	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/wire"
)

func encodeClipboard(t *testing.T, c wire.Clipboard) []byte {
	t.Helper()
	b, err := wire.AppendClipboard(nil, &c)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// refusedCopy waits for a refusal and returns its words.
func (g *guest) refusedCopy(kind wire.ClipboardKind, id uint32) string {
	g.t.Helper()
	var text string
	g.until("a copy is refused", func() bool {
		for _, m := range g.messages {
			c, err := wire.DecodeClipboard([]byte(m.payload))
			if m.topic == wire.TopicClipboard && err == nil && c.Kind == kind && c.ID == id {
				text = c.Text
				return true
			}
		}
		return false
	})
	return text
}

func TestWhoMayCopyAndPaste(t *testing.T) {
	h := open(t, nil)
	agent := h.enter("agent", room.Agent)
	owner := h.enter("owner", room.Owner)
	editor := h.enter("editor", room.Editor)
	viewer := h.enter("viewer", room.Viewer)
	agent.until("all are active", func() bool { return countActive(agent) == 3 })
	owner.lease()
	say := func(g *guest, c wire.Clipboard, to ...string) []byte {
		b := encodeClipboard(t, c)
		if err := g.PublishData(wire.TopicClipboard, b, true, to...); err != nil {
			t.Fatal(err)
		}
		return b
	}
	offer := func(id uint32) wire.Clipboard {
		return wire.Clipboard{Kind: wire.ClipboardOffer, ID: id, Formats: []wire.Offered{{Format: wire.FormatPNG, Size: 10}}}
	}

	// Into the session: the holder, and nobody else.
	say(viewer, offer(1))
	say(editor, offer(2))
	if text := viewer.refusedCopy(wire.ClipboardDecline, 1); text != "you are viewing only and cannot paste" {
		t.Errorf("a viewer was told %q", text)
	}
	if text := editor.refusedCopy(wire.ClipboardDecline, 2); text != "only who draws can paste" {
		t.Errorf("an editor was told %q", text)
	}
	said := say(owner, offer(3))
	agent.until("the holder's offer arrives", agent.heard(message{"owner", wire.TopicClipboard, string(said)}))

	// Out of it: owners and editors, and what one asked for to nobody else.
	said = say(agent, offer(4))
	for _, g := range []*guest{owner, editor} {
		g.until("the canvas's offer arrives", g.heard(message{"agent", wire.TopicClipboard, string(said)}))
	}
	say(viewer, wire.Clipboard{Kind: wire.ClipboardWant, ID: 4, Format: wire.FormatPNG})
	viewer.refusedCopy(wire.ClipboardWithhold, 4)
	want := say(editor, wire.Clipboard{Kind: wire.ClipboardWant, ID: 4, Format: wire.FormatPNG})
	agent.until("the editor's wish arrives", agent.heard(message{"editor", wire.TopicClipboard, string(want)}))
	chunk := say(agent, wire.Clipboard{Kind: wire.ClipboardChunk, ID: 4, Format: wire.FormatPNG, Total: 1, Data: []byte{1}}, "editor", "viewer")
	editor.until("a chunk arrives", editor.heard(message{"agent", wire.TopicClipboard, string(chunk)}))
	for name, g := range map[string]*guest{"the viewer": viewer, "the owner": owner} {
		if g.holds(g.heard(message{"agent", wire.TopicClipboard, string(chunk)})) {
			t.Errorf("%s got what the editor asked for", name)
		}
	}
	if viewer.holds(viewer.heard(message{"agent", wire.TopicClipboard, string(said)})) {
		t.Error("a viewer was offered a copy")
	}

	// Nonsense reaches nobody.
	if err := owner.PublishData(wire.TopicClipboard, []byte{1, 99}, true); err != nil {
		t.Fatal(err)
	}
	owner.waitMetric(h, "easel_data_dropped_total", 1, "malformed")

	// Without a canvas there is no clipboard.
	agent.leave()
	editor.until("the canvas is gone", func() bool { return countActive(editor) == 2 })
	say(editor, wire.Clipboard{Kind: wire.ClipboardWant, ID: 7, Format: wire.FormatText})
	if text := editor.refusedCopy(wire.ClipboardWithhold, 7); text == "" {
		t.Error("no reason was given")
	}
}
