package e2e

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/easel-live/easel/bench/browser"
)

// way is which way the page shows the canvas.
func way(b *browser.Browser) (string, error) {
	return browser.Evaluate[string](b, `document.querySelector('.canvas')?.dataset.way ?? ''`)
}

func waitWay(t *testing.T, b *browser.Browser, want string) {
	t.Helper()
	eventually(t, "the canvas is shown by "+want, func() error {
		got, err := way(b)
		if err == nil && got != want {
			err = fmt.Errorf("by %q", got)
		}
		return err
	})
}

// pin chooses a way for the pages that the browser opens from now on.
func pin(t *testing.T, b *browser.Browser, link, way string) {
	t.Helper()
	if err := b.Open(link); err != nil {
		t.Fatal(err)
	}
	if _, err := browser.Evaluate[bool](b, `sessionStorage.setItem('easel.way', '`+way+`'), location.reload(), true`); err != nil {
		t.Fatal(err)
	}
}

// TestPaintingByVNC: what needs no media at all draws as well, and a viewer by VNC
// only looks.
func TestPaintingByVNC(t *testing.T) {
	inst := serve(t)
	s := start(t, inst)
	link, err := inst.Link(t.Context(), s.ID, "owner")
	if err != nil {
		t.Fatal(err)
	}
	owner := chromium(t, 1280, 800)
	began := time.Now()
	pin(t, owner, link, "vnc")
	waitWay(t, owner, "vnc")
	t.Logf("by VNC after %v", time.Since(began))
	openImage(t, owner, s, whitePNG(t, s, "canvas.png", 640, 480))
	pencil(t, owner)
	drag(t, owner, 0.35, 0.5, 0.65, 0.5)
	darkAcross(t, owner, 0.5, 0.35, 0.65)
	keep(t, owner, "painted")

	viewer := open(t, inst, s, "viewer")
	darkAcross(t, viewer, 0.5, 0.35, 0.65)
	drag(t, viewer, 0.35, 0.4, 0.65, 0.4)
	keep(t, viewer, "watching")

	t.Run("the agent tells of itself", func(t *testing.T) {
		resp, err := http.Get(inst.URL + "/metrics")
		must(t, err)
		defer resp.Body.Close()
		metrics, err := io.ReadAll(resp.Body)
		must(t, err)
		if line := fmt.Sprintf("easel_agent_up{session=%q} 1\n", s.ID); !strings.Contains(string(metrics), line) {
			t.Errorf("the server's metrics lack %s", line)
		}
	})

	// Who sees it by VNC hears and says the same as the others.
	speak(t, viewer, "which brush is that?")
	speak(t, owner, "the pencil")
	shows(t, owner, "what the viewer said", spoken("which brush is that?"))
	shows(t, viewer, "what the owner said", spoken("the pencil"))
	waitWay(t, owner, "vnc")
}
