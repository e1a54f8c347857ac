package e2e

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/easel-live/easel/bench/browser"
	"github.com/easel-live/easel/bench/instance"
)

// pidOf waits for the process of a session whose command begins so, other than
// the one that was killed.
func pidOf(t *testing.T, s instance.Session, command string, not int) int {
	t.Helper()
	var found int
	eventually(t, command+" runs", func() error {
		for name, pid := range pidsOf(s) {
			if strings.HasPrefix(name, command) && pid != not {
				found = pid
				return nil
			}
		}
		return fmt.Errorf("the processes are %v", pidsOf(s))
	})
	return found
}

// text is what the page says.
func text(t *testing.T, b *browser.Browser) string {
	t.Helper()
	said, err := browser.Evaluate[string](b, `document.body.innerText`)
	if err != nil {
		t.Fatal(err)
	}
	return said
}

func says(t *testing.T, b *browser.Browser, words string) {
	t.Helper()
	eventually(t, fmt.Sprintf("the page says %q", words), func() error {
		if said := text(t, b); !strings.Contains(said, words) {
			return fmt.Errorf("it says %q", said)
		}
		return nil
	})
}

// draws waits until the page's person holds the canvas and nothing covers it.
func draws(t *testing.T, b *browser.Browser) {
	t.Helper()
	eventually(t, "the person draws", func() error { return drawing(b) })
}

func drawing(b *browser.Browser) error {
	free, err := browser.Evaluate[bool](b, `!!document.querySelector('.canvas.draws') && !document.querySelector('.overlay')`)
	if err == nil && !free {
		err = errors.New("the canvas is not theirs, or covered")
	}
	return err
}

// paints draws a stroke and waits until it is in the picture.
func paints(t *testing.T, b *browser.Browser, y float64) {
	t.Helper()
	drag(t, b, 0.38, y, 0.62, y)
	darkAcross(t, b, y, 0.38, 0.62)
}

func TestWhateverDiesTheSessionLives(t *testing.T) {
	inst := serve(t)
	s := start(t, inst)
	owner := open(t, inst, s, "owner")
	openImage(t, owner, s, whitePNG(t, s, "canvas.png", 640, 480))
	pencil(t, owner)
	paints(t, owner, 0.4)

	t.Run("agent", func(t *testing.T) {
		gimp := pidOf(t, s, "gimp", 0)
		dead := kill(t, s, "easel-agent")
		pidOf(t, s, "easel-agent", dead)
		draws(t, owner)
		// What the hand does until the new agent is in the room reaches nobody.
		retry(t, "the stroke is in the picture", dark(owner, 0.5, 0.38, 0.62), func() { drag(t, owner, 0.38, 0.5, 0.62, 0.5) })
		if now := pidOf(t, s, "gimp", 0); now != gimp {
			t.Errorf("GIMP was process %d and is %d", gimp, now)
		}
	})

	t.Run("server", func(t *testing.T) {
		gimp := pidOf(t, s, "gimp", 0)
		if err := inst.Kill(); err != nil {
			t.Fatal(err)
		}
		says(t, owner, "econnect")
		keep(t, owner, "reconnecting")
		if err := inst.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
		draws(t, owner)
		// The agent may come back a moment after the page, as above.
		retry(t, "the stroke is in the picture", dark(owner, 0.6, 0.38, 0.62), func() { drag(t, owner, 0.38, 0.6, 0.62, 0.6) })
		if now := pidOf(t, s, "gimp", 0); now != gimp {
			t.Errorf("GIMP was process %d and is %d", gimp, now)
		}
		if again, err := inst.Session(t.Context(), s.ID); err != nil || again.Display != s.Display {
			t.Errorf("the session is now %+v (%v)", again, err)
		}
	})

	t.Run("GIMP", func(t *testing.T) {
		dead := kill(t, s, "gimp")
		says(t, owner, "GIMP stopped")
		keep(t, owner, "restarted")
		pidOf(t, s, "gimp", dead)
		waitWindow(t, s, "GNU Image Manipulation Program", true)
		// Nobody has clicked: the new GIMP has the keyboard by itself.
		pressFor(t, owner, s, "Open Image", true, "o", kb.ModifierCtrl)
	})
}

// Where nothing dies but nothing comes either, and where the display itself dies,
// the stream comes back by itself.
func TestTheStreamComesBack(t *testing.T) {
	inst := serve(t)
	s := start(t, inst)
	owner := open(t, inst, s, "owner")
	draws(t, owner)

	t.Run("stalled server", func(t *testing.T) {
		eventually(t, "the canvas comes by WebRTC", func() error {
			way, err := owner.Transport()
			if err == nil && way.Protocol == "vnc" {
				err = errors.New("it comes by VNC")
			}
			return err
		})
		// Nobody hears from it, and no connection is closed.
		server := inst.Process()
		if err := server.Freeze(); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = server.Thaw() }()
		says(t, owner, "econnect")
		keep(t, owner, "reconnecting")
		if err := server.Thaw(); err != nil {
			t.Fatal(err)
		}
		draws(t, owner)
		pressFor(t, owner, s, "Open Image", true, "o", kb.ModifierCtrl)
	})

	t.Run("X server", func(t *testing.T) {
		dead := kill(t, s, "Xvnc")
		pidOf(t, s, "Xvnc", dead)
		var again instance.Session // its display may have another number
		eventually(t, "GIMP is on a display again", func() (err error) {
			if again, err = inst.Session(t.Context(), s.ID); err != nil {
				return err
			}
			return window(t, again, "GNU Image Manipulation Program", true)
		})
		draws(t, owner)
		before := waitPicture(t, owner).Presented
		pressFor(t, owner, again, "Open Image", true, "o", kb.ModifierCtrl)
		eventually(t, "the page shows frames of the new display", func() error {
			if now := waitPicture(t, owner).Presented; now <= before {
				return fmt.Errorf("%d frames, as before", now)
			}
			return nil
		})
		keep(t, owner, "again")
	})
}
