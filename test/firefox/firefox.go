// Package firefox drives a real Firefox for tests, over WebDriver BiDi (W3C working
// draft): JSON commands and answers over one WebSocket.
package firefox

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// patience is how long a command may take on a busy machine.
const patience = 60 * time.Second

// Browser is a running Firefox.
type Browser struct {
	t  *testing.T
	ws *websocket.Conn

	mu   sync.Mutex // one command at a time
	last int
}

// preferences let a headless page play video and connect over loopback, and keep
// the browser from calling anybody else.
const preferences = `user_pref("media.autoplay.default", 0);
user_pref("media.peerconnection.ice.loopback", true);
user_pref("media.peerconnection.ice.obfuscate_host_addresses", false);
user_pref("media.gmp-manager.updateEnabled", false);
user_pref("app.update.enabled", false);
user_pref("app.normandy.enabled", false);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("browser.safebrowsing.malware.enabled", false);
user_pref("browser.safebrowsing.phishing.enabled", false);
user_pref("captivedetect.canonicalURL", "");
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("extensions.update.enabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("services.settings.server", "data:,");
user_pref("toolkit.telemetry.enabled", false);
`

// Start runs a Firefox until the test is over. $EASEL_FIREFOX names another than
// the first one found.
func Start(t *testing.T) *Browser {
	t.Helper()
	path := os.Getenv("EASEL_FIREFOX")
	if path == "" {
		path = "firefox-esr"
	}
	profile := t.TempDir()
	if err := os.WriteFile(filepath.Join(profile, "user.js"), []byte(preferences), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0")
	cmd.Env = append(os.Environ(), "HOME="+profile, "MOZ_CRASHREPORTER_DISABLE=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	said, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start Firefox: %v", err)
	}
	address := make(chan string, 1)
	var listening sync.WaitGroup
	listening.Go(func() {
		defer close(address)
		lines := bufio.NewScanner(said)
		for lines.Scan() {
			if _, found, ok := strings.Cut(lines.Text(), "WebDriver BiDi listening on "); ok {
				address <- strings.TrimSpace(found)
			}
		}
		_, _ = io.Copy(io.Discard, said)
	})
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		listening.Wait()
		_ = cmd.Wait()
	})
	var where string
	select {
	case where = <-address:
	case <-time.After(patience):
	}
	if where == "" {
		t.Fatal("Firefox does not say where it listens")
	}
	ws, _, err := websocket.DefaultDialer.Dial(where+"/session", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ws.Close() })
	f := &Browser{t: t, ws: ws}
	if err := f.command("session.new", map[string]any{"capabilities": map[string]any{}}, nil); err != nil {
		t.Fatal(err)
	}
	return f
}

// command sends one command and waits for its answer; events in between are
// passed over.
func (f *Browser) command(method string, params, result any) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last++
	if err := f.ws.WriteJSON(map[string]any{"id": f.last, "method": method, "params": params}); err != nil {
		return err
	}
	if err := f.ws.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	for {
		var answer struct {
			Type    string          `json:"type"`
			ID      int             `json:"id"`
			Error   string          `json:"error"`
			Message string          `json:"message"`
			Result  json.RawMessage `json:"result"`
		}
		if err := f.ws.ReadJSON(&answer); err != nil {
			return err
		}
		switch {
		case answer.ID != f.last:
		case answer.Type == "error":
			return fmt.Errorf("%s: %s: %s", method, answer.Error, answer.Message)
		case result == nil:
			return nil
		default:
			return json.Unmarshal(answer.Result, result)
		}
	}
}

// Tab is one of its pages.
type Tab struct {
	browser *Browser
	context string
}

// Open opens a page in a tab of its own, until the test is over.
func (f *Browser) Open(url string) (Tab, error) {
	var created struct {
		Context string `json:"context"`
	}
	if err := f.command("browsingContext.create", map[string]any{"type": "tab"}, &created); err != nil {
		return Tab{}, err
	}
	tab := Tab{f, created.Context}
	f.t.Cleanup(func() { _ = tab.command("browsingContext.close", nil, nil) })
	return tab, tab.Go(url)
}

// command sends one about this tab.
func (t Tab) command(method string, params map[string]any, result any) error {
	all := map[string]any{"context": t.context}
	maps.Copy(all, params)
	return t.browser.command(method, all, result)
}

// Go goes to another page.
func (t Tab) Go(url string) error {
	return t.command("browsingContext.navigate", map[string]any{"url": url, "wait": "complete"}, nil)
}

// Evaluate gives the string that an expression's promise resolves to.
func (t Tab) Evaluate(js string) (string, error) {
	var got struct {
		Type   string `json:"type"`
		Result struct {
			Value string `json:"value"`
		} `json:"result"`
		ExceptionDetails struct {
			Text string `json:"text"`
		} `json:"exceptionDetails"`
	}
	err := t.browser.command("script.evaluate", map[string]any{
		"expression": js, "target": map[string]any{"context": t.context}, "awaitPromise": true, "userActivation": true,
	}, &got)
	if err == nil && got.Type != "success" {
		err = fmt.Errorf("in the page: %s", got.ExceptionDetails.Text)
	}
	return got.Result.Value, err
}

// Drag presses the mouse's first button at the first of these places, in CSS
// pixels, moves over the others and lets go at the last.
func (t Tab) Drag(way ...[2]int) error {
	actions := make([]map[string]any, 0, len(way)+2)
	for i, at := range way {
		actions = append(actions, map[string]any{"type": "pointerMove", "x": at[0], "y": at[1], "duration": 15})
		if i == 0 {
			actions = append(actions, map[string]any{"type": "pointerDown", "button": 0})
		}
	}
	actions = append(actions, map[string]any{"type": "pointerUp", "button": 0})
	return t.command("input.performActions", map[string]any{
		"actions": []map[string]any{{"type": "pointer", "id": "mouse", "actions": actions}},
	}, nil)
}

// Screenshot is the page as PNG.
func (t Tab) Screenshot() ([]byte, error) {
	var got struct {
		Data []byte `json:"data"` // base64
	}
	err := t.command("browsingContext.captureScreenshot", nil, &got)
	return got.Data, err
}

// Size sets the page's size in CSS pixels.
func (t Tab) Size(width, height int) error {
	return t.command("browsingContext.setViewport", map[string]any{"viewport": map[string]any{"width": width, "height": height}}, nil)
}
