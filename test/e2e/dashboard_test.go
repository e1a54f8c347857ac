package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/easel-live/easel/bench/browser"
	"github.com/easel-live/easel/bench/instance"
)

// TestATeamOpensASession that one of it started, from making the team in one
// browser to drawing in the other.
func TestATeamOpensASession(t *testing.T) {
	inst := serve(t)
	ann, bob := enter(t, inst, "ann", 1280, 800), enter(t, inst, "bob", 390, 844)
	var s instance.Session
	if err := json.Unmarshal([]byte(easel(t, inst, "session", "start", "--user", "ann", "--name", "Poster", "--json")), &s); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		easel(t, inst, "session", "end", s.ID)
		expectNothingLeft(t, s)
	})

	must(t, ann.Open(inst.URL+"/teams"))
	reads(t, ann, "Work together")
	fillIn(t, ann, "form .input", "Studio")
	tap(t, ann, "form .button")
	reads(t, ann, "Invite by login name")
	fillIn(t, ann, "form .input", "bob")
	tap(t, ann, "form .button")
	reads(t, ann, "invited as member")
	keep(t, ann, "teams")

	must(t, bob.Open(inst.URL+"/"))
	reads(t, bob, "A team invites you")
	must(t, bob.Open(inst.URL+"/teams"))
	reads(t, bob, "invites you as member")
	keep(t, bob, "invited")
	tap(t, bob, ".invited .primary")
	reads(t, bob, "bob (you)")
	keep(t, bob, "team")

	must(t, ann.Open(inst.URL+"/"))
	reads(t, ann, "Poster")
	pickOption(t, ann, "main li select", "Studio")
	must(t, bob.Open(inst.URL+"/"))
	reads(t, bob, "Poster")
	keep(t, bob, "sessions")
	keep(t, ann, "sessions")
	tap(t, bob, "main ul a.button")
	waitPicture(t, bob)
	if role, err := browser.Evaluate[string](bob, fmt.Sprintf(`fetch('/api/v1/sessions/%s').then(r => r.json()).then(s => s.role)`, s.ID)); err != nil || role != "editor" {
		t.Errorf("bob is %q in it (%v)", role, err)
	}
	// Ann's plan is the default one, whose files take 5 GiB and not the machine's 20.
	quota := fmt.Sprintf(`fetch('/api/v1/sessions/%s/files').then(r => r.json()).then(f => f.usage.quota)`, s.ID)
	if bytes, err := browser.Evaluate[float64](ann, quota); err != nil || bytes != 5<<30 {
		t.Errorf("her files may take %v bytes (%v)", bytes, err)
	}
	must(t, ann.Open(inst.URL+"/account"))
	reads(t, ann, "Sessions at once")
	keep(t, ann, "account")
}

// enter makes an account by the command line and opens its one-time link in a
// browser of its own.
func enter(t *testing.T, inst *instance.Instance, name string, width, height int) *browser.Browser {
	t.Helper()
	_, link, ok := strings.Cut(easel(t, inst, "user", "add", name), "Log in:")
	if !ok {
		t.Fatal("no link")
	}
	b := chromium(t, width, height)
	must(t, b.Open(strings.Fields(link)[0]))
	reads(t, b, "Nothing on the easel yet")
	return b
}

// easel runs the command line and returns what it prints.
func easel(t *testing.T, inst *instance.Instance, args ...string) string {
	t.Helper()
	cmd := exec.Command(inst.Path, args...)
	cmd.Env = append(os.Environ(), inst.Env...)
	cmd.Stderr = t.Output()
	out, err := cmd.Output()
	if err != nil {
		t.Errorf("easel %v: %v", args, err)
	}
	return string(out)
}

// fillIn types into a field as its page would hear of it.
func fillIn(t *testing.T, b *browser.Browser, selector, text string) {
	t.Helper()
	set := fmt.Sprintf(`(e => { e.value = %q; e.dispatchEvent(new Event('input', {bubbles: true})); return true })(document.querySelector(%q))`, text, selector)
	if _, err := browser.Evaluate[bool](b, set); err != nil {
		t.Fatal(err)
	}
}

// pickOption takes the option of a select that reads so, once it is there.
func pickOption(t *testing.T, b *browser.Browser, selector, text string) {
	t.Helper()
	pick := fmt.Sprintf(`(e => {
		const option = [...(e?.options ?? [])].find(o => o.text === %q)
		if (!option) return false
		e.value = option.value
		e.dispatchEvent(new Event('change', {bubbles: true}))
		return true
	})(document.querySelector(%q))`, text, selector)
	eventually(t, text+" can be chosen", func() error {
		there, err := browser.Evaluate[bool](b, pick)
		if err == nil && !there {
			err = fmt.Errorf("%s does not have it", selector)
		}
		return err
	})
	eventually(t, text+" is kept", func() error {
		kept, err := browser.Evaluate[bool](b, `fetch("/api/v1/sessions").then(r => r.json()).then(l => !!l.sessions[0].team)`)
		if err == nil && !kept {
			err = fmt.Errorf("the session is not shared yet")
		}
		return err
	})
}
