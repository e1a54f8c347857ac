package e2e

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/easel-live/easel/bench/browser"
	"github.com/easel-live/easel/bench/instance"
	"github.com/easel-live/easel/internal/rclonetest"
)

// home opens a session in a browser in which whose it is has logged in.
func home(t *testing.T, inst *instance.Instance, s instance.Session) *browser.Browser {
	t.Helper()
	login, err := inst.Login(t.Context(), "admin")
	if err != nil {
		t.Fatal(err)
	}
	b := chromium(t, 1280, 800)
	if err := b.Open(login); err != nil {
		t.Fatal(err)
	}
	shows(t, b, "the start page", `!location.pathname.startsWith('/login') && document.querySelector('main')`)
	if err := b.Open(inst.URL + "/s/" + s.ID); err != nil {
		t.Fatal(err)
	}
	waitPicture(t, b)
	return b
}

// fill writes into a field, as typing does.
func fill(t *testing.T, b *browser.Browser, selector, value string) {
	t.Helper()
	shows(t, b, selector, fmt.Sprintf(`(() => {
		const field = document.querySelector(%q);
		if (!field) return false;
		field.value = %q;
		field.dispatchEvent(new Event('input', {bubbles: true}));
		return true;
	})()`, selector, value))
}

// Storage that its owner connects is a folder of the session's files: what is
// there comes, what is made here goes, and a wrong password is told before
// anything is kept.
func TestStorageThatIsConnected(t *testing.T) {
	inst := serve(t)
	s := start(t, inst)
	owner := home(t, inst, s)
	there := t.TempDir()
	if err := os.WriteFile(filepath.Join(there, "sketch.txt"), []byte("from there"), 0o600); err != nil {
		t.Fatal(err)
	}
	url := "http://" + rclonetest.Serve(t, "webdav", there)

	choose(t, owner, "Files")
	choose(t, owner, "Connect storage")
	shows(t, owner, "the kinds of storage", `document.querySelectorAll('.kinds button').length > 20`)
	keep(t, owner, "kinds")
	shows(t, owner, "WebDAV's form", `[...document.querySelectorAll('.kinds button')].find((e) => e.innerText.includes('WebDAV'))?.click() || document.querySelector('#option-url')`)
	fill(t, owner, "#option-url", url)
	fill(t, owner, "#option-user", "ann")
	fill(t, owner, "#option-pass", "guessed")
	keep(t, owner, "form")
	shows(t, owner, "the form to be sent", `document.querySelector('dialog form').requestSubmit() || true`)
	shows(t, owner, "why not", `document.querySelector('dialog [role=alert]')?.innerText.includes('401')`)
	keep(t, owner, "refused")
	fill(t, owner, "#option-pass", "open sesame")
	shows(t, owner, "the form to be sent again", `document.querySelector('dialog form').requestSubmit() || true`)
	shows(t, owner, "storage in step", `document.querySelector('[aria-label="Connected storage"]')?.innerText.includes('In step · 1 file')`)
	keep(t, owner, "connected")

	var cloud string
	eventually(t, "what was there comes", func() error {
		found, _ := filepath.Glob(filepath.Join(s.Workspace, "*", "sketch.txt"))
		if len(found) != 1 {
			return errors.New("it has not come")
		}
		cloud = filepath.Dir(found[0])
		return nil
	})
	if err := os.WriteFile(filepath.Join(cloud, "made here.txt"), []byte("from here"), 0o644); err != nil {
		t.Fatal(err)
	}
	eventually(t, "what is made here goes", exists(filepath.Join(there, "made here.txt"), true))
	if err := owner.Resize(390, 844, 1); err != nil {
		t.Fatal(err)
	}
	shows(t, owner, "the storage again", `document.querySelector('[aria-label="Connected storage"]')`)
	keep(t, owner, "phone")
}
