package e2e

import (
	"errors"
	"fmt"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/easel-live/easel/bench/browser"
)

// choose clicks what has this label, or these words.
func choose(t *testing.T, b *browser.Browser, label string) {
	t.Helper()
	eventually(t, "something to click: "+label, func() error {
		found, err := browser.Evaluate[bool](b, fmt.Sprintf(`(() => {
			const all = [...document.querySelectorAll('button, a, [role=button]')];
			const it = all.find((e) => (e.getAttribute('aria-label') ?? e.textContent).trim().startsWith(%q));
			it?.click();
			return Boolean(it);
		})()`, label))
		if err == nil && !found {
			err = errors.New("not there")
		}
		return err
	})
}

// shows waits until an expression is true in the page.
func shows(t *testing.T, b *browser.Browser, what, expression string) {
	t.Helper()
	eventually(t, what, func() error {
		is, err := browser.Evaluate[bool](b, "Boolean("+expression+")")
		if err == nil && !is {
			err = errors.New("not shown")
		}
		return err
	})
}

// speak writes a message in the chat.
func speak(t *testing.T, b *browser.Browser, message string) {
	t.Helper()
	shows(t, b, "the chat", `document.querySelector('section[aria-label="Chat"]') || void document.querySelector('button.chat').click()`)
	shows(t, b, "a field to write in", `document.activeElement?.placeholder === 'Message'`)
	if err := b.Insert(message); err != nil {
		t.Fatal(err)
	}
	press(t, b, kb.Enter)
}

// spoken says in a page whether a message is in its chat.
func spoken(message string) string {
	return fmt.Sprintf(`[...document.querySelectorAll('[role=log] .text')].some((e) => e.textContent.trim() === %q)`, message)
}

// What people point at, mark and say reaches each other, those who come later
// are told what was said, and nothing of it reaches the canvas.
func TestPeopleSeeEachOther(t *testing.T) {
	inst := serve(t)
	s := start(t, inst)
	owner, editor := open(t, inst, s, "owner"), open(t, inst, s, "editor")
	p := waitPicture(t, editor)
	r := record(t, s)

	x, y := p.At(0.3, 0.4)
	if err := editor.Move(x, y, false); err != nil {
		t.Fatal(err)
	}
	shows(t, owner, "the editor's pointer", `document.querySelector('.ghost')?.textContent.includes('Editor')`)

	choose(t, editor, "Point and mark")
	shows(t, editor, "the marker in hand", `document.querySelector('.marker')`)
	draw(t, editor, curl(p)[:60])
	shows(t, owner, "the editor's mark", `document.querySelector('.ghosts polyline')?.getAttribute('points').split(' ').length > 5`)
	press(t, editor, kb.Escape)
	shows(t, editor, "the marker put away", `!document.querySelector('.marker')`)

	speak(t, editor, "<i>look</i> at https://gimp.org")
	shows(t, owner, "news of the message", `[...document.querySelectorAll('.toasts p')].some((e) => e.textContent.includes('<i>look</i>'))`)
	keep(t, owner, "news")
	viewer := open(t, inst, s, "viewer")
	choose(t, viewer, "Chat")
	shows(t, viewer, "what was said before", `document.querySelector('[role=log] .text')?.textContent.includes('<i>look</i> at')`)
	shows(t, viewer, "a link", `document.querySelector('[role=log] a')?.href === 'https://gimp.org/'`)
	shows(t, viewer, "no markup", `!document.querySelector('[role=log] i')`)
	keep(t, viewer, "history")

	// A file that is dropped on the chat is there for everyone, but viewers share none.
	drop(t, editor, ".chat > .log", "palette.gpl", 1)
	// The size is that of what arrived: the page's policy lets nothing read it back.
	shows(t, viewer, "the whole file", `document.querySelector('[role=log] a[download="palette.gpl"]')?.parentElement.textContent.includes('1.0 MB')`)
	drop(t, viewer, ".chat > .log", "mine.gpl", 1)
	says(t, viewer, "Who only watches shares no files.")
	choose(t, viewer, "Applause")
	shows(t, owner, "the viewer's applause", `document.querySelector('.burst')`)

	// The owner draws; the first stroke that the display sees is theirs.
	way := []point{{100, 500}, {140, 520}, {180, 500}}
	draw(t, owner, way)
	r.stroke(t)
	if far := apart(r.points, way); far > 2 {
		t.Errorf("the first stroke on the display, %v, is not the owner's: %.1f px off", r.points, far)
	}
}
