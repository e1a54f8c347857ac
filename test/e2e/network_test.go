//go:build network

package e2e

import (
	"fmt"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/easel-live/easel/bench/browser"
	"github.com/easel-live/easel/bench/instance"
)

// wall drops what a browser of this user and the server's media sockets say to
// each other. It wants root and nftables; the agent, which runs as another user,
// does not notice.
type wall struct {
	t           *testing.T
	port, agent string
}

const table = "easel_test"

func build(t *testing.T, inst *instance.Instance) *wall {
	t.Helper()
	w := &wall{t: t}
	for _, e := range inst.Env {
		if port, ok := strings.CutPrefix(e, "EASEL_UDP_PORT="); ok {
			w.port = port
		}
	}
	t.Cleanup(func() { _ = exec.Command("nft", "delete", "table", "inet", table).Run() })
	sockets, err := exec.Command("ss", "-Hunap").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`:(\d+)\s+\S+\s+users:\(\("easel-agent"`).FindAllStringSubmatch(string(sockets), -1) {
		w.agent += ", " + m[1]
	}
	return w
}

func (w *wall) nft(script string) {
	w.t.Helper()
	cmd := exec.Command("nft", "-f", "-")
	cmd.Stdin = strings.NewReader(script)
	if out, err := cmd.CombinedOutput(); err != nil {
		w.t.Fatalf("nft: %v: %s", err, out)
	}
}

// up blocks media, by UDP and by TCP.
func (w *wall) up() {
	w.t.Helper()
	w.nft(fmt.Sprintf(`table inet %s {
	chain out {
		type filter hook output priority 0;
		udp sport %s udp dport != { 1%s } drop
		udp dport %s meta skuid 0 drop
		tcp dport 7881 drop
		tcp sport 7881 drop
	}
}`, table, w.port, w.agent, w.port))
}

func (w *wall) down() { w.nft("delete table inet " + table) }

// TestMediaBlockedAndBack: media is cut in the middle of a stroke. The canvas comes
// by VNC, the stroke ends, control stays, and when media flows again so does the
// picture by it.
func TestMediaBlockedAndBack(t *testing.T) {
	inst := serve(t)
	s := start(t, inst)
	w := build(t, inst)
	owner := open(t, inst, s, "owner")
	waitWay(t, owner, "webrtc")
	openImage(t, owner, s, whitePNG(t, s, "canvas.png", 640, 480))
	pencil(t, owner)
	drag(t, owner, 0.35, 0.4, 0.65, 0.4)
	darkAcross(t, owner, 0.4, 0.35, 0.65)

	p, err := owner.Picture()
	if err != nil {
		t.Fatal(err)
	}
	x, y := p.At(0.35, 0.5)
	must(t, owner.Move(x, y, false), owner.Press(x, y))
	x, y = p.At(0.45, 0.5)
	must(t, owner.Move(x, y, true))
	w.up()
	cut := time.Now()
	waitWay(t, owner, "vnc")
	t.Logf("by VNC %v after media was cut", time.Since(cut).Round(time.Millisecond))
	keep(t, owner, "by-vnc")
	must(t, owner.Release(x, y))
	drag(t, owner, 0.35, 0.6, 0.65, 0.6)
	darkAcross(t, owner, 0.6, 0.35, 0.65)
	if holds, err := browser.Evaluate[bool](owner, `!!document.querySelector('.canvas.draws')`); err != nil || !holds {
		t.Errorf("control was lost on the way (%v)", err)
	}

	w.down()
	back := time.Now()
	waitWay(t, owner, "webrtc")
	t.Logf("by WebRTC %v after media flowed again", time.Since(back).Round(time.Millisecond))
	drag(t, owner, 0.35, 0.45, 0.65, 0.45)
	darkAcross(t, owner, 0.45, 0.35, 0.65)
	keep(t, owner, "back")
}

// TestMediaBlockedFromTheStart: the page's own port is all there is.
func TestMediaBlockedFromTheStart(t *testing.T) {
	inst := serve(t)
	s := start(t, inst)
	build(t, inst).up()
	link, err := inst.Link(t.Context(), s.ID, "owner")
	if err != nil {
		t.Fatal(err)
	}
	b := chromium(t, 1280, 800)
	began := time.Now()
	must(t, b.Open(link))
	waitWay(t, b, "vnc")
	t.Logf("first picture, by VNC, %v after the page was asked for", time.Since(began).Round(time.Millisecond))
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}
