package e2e

import (
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/easel-live/easel/bench/machine"
)

// TestTURN: where nothing but a TURN server can be reached beside the page, media
// goes through it: the embedded one, and Debian's coturn with credentials of ours.
func TestTURN(t *testing.T) {
	const secret = "a-secret-that-coturn-shares"
	w := lay(t, "EASEL_TURN_PAGE=false", "EASEL_TURN_PORT="+turnPort, "EASEL_TURN_SECRET="+secret,
		"EASEL_TURN_URLS=turn:"+serverIP+":"+coturn+"?transport=udp,turn:"+serverIP+":"+coturn+"?transport=tcp")
	startCoturn(t, w.server, secret)
	s := start(t, w.inst)
	b := w.chromium("")
	for _, wall := range []string{"TURN by UDP", "TURN by TCP", "coturn by UDP", "coturn by TCP"} {
		w.wall(wall)
		at := w.open(b, s, "viewer", "turn")
		t.Logf("%s: first picture after %.0f ms, relayed after %.0f", wall, at.First, at.At)
	}
	// Nothing is in the way, and the browser may use nothing but relays.
	w.wall("")
	link, err := w.inst.Link(t.Context(), s.ID, "viewer")
	must(t, err)
	pin(t, b, link, "relay")
	at := shownBy(t, b, "turn", 0)
	t.Logf("relays alone: relayed after %.0f ms", at.At)
}

// startCoturn runs a TURN server that relays to the media port's host alone, with
// what docs/admin.md says.
func startCoturn(t *testing.T, namespace, secret string) {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.Command("turnserver", "-n", "--listening-ip", serverIP, "--relay-ip", serverIP, "--listening-port", coturn,
		"--realm", "easel", "--use-auth-secret", "--static-auth-secret", secret, "--no-cli", "--no-tls", "--no-dtls",
		"--denied-peer-ip", "0.0.0.0-255.255.255.255", "--allowed-peer-ip", serverIP,
		"--userdb", filepath.Join(dir, "users"), "--pidfile", filepath.Join(dir, "pid"), "--log-file", "stdout", "--simple-log")
	machine.Enter(cmd, namespace)
	cmd.Stdout, cmd.Stderr = t.Output(), t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatalf("coturn: %v", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait() // it was told to end
	})
}
