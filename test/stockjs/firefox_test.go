package stockjs

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
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

// firefox is a running Firefox, driven over WebDriver BiDi (W3C working draft):
// JSON commands and answers over one WebSocket.
type firefox struct {
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

func startFirefox(t *testing.T) driver {
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
	f := &firefox{t: t, ws: ws}
	if err := f.command("session.new", map[string]any{"capabilities": map[string]any{}}, nil); err != nil {
		t.Fatal(err)
	}
	return f
}

// command sends one command and waits for its answer; events in between are
// passed over.
func (f *firefox) command(method string, params, result any) error {
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

// firefoxTab is one tab.
type firefoxTab struct {
	*firefox
	context string
}

func (f *firefox) open(url string) (tab, error) {
	var created struct {
		Context string `json:"context"`
	}
	if err := f.command("browsingContext.create", map[string]any{"type": "tab"}, &created); err != nil {
		return nil, err
	}
	tab := firefoxTab{f, created.Context}
	f.t.Cleanup(func() { _ = f.command("browsingContext.close", map[string]any{"context": tab.context}, nil) })
	return tab, f.command("browsingContext.navigate", map[string]any{"context": tab.context, "url": url, "wait": "complete"}, nil)
}

func (t firefoxTab) evaluate(js string) (string, error) {
	var got struct {
		Type   string `json:"type"`
		Result struct {
			Value string `json:"value"`
		} `json:"result"`
		ExceptionDetails struct {
			Text string `json:"text"`
		} `json:"exceptionDetails"`
	}
	err := t.command("script.evaluate", map[string]any{
		"expression": js, "target": map[string]any{"context": t.context}, "awaitPromise": true, "userActivation": true,
	}, &got)
	if err == nil && got.Type != "success" {
		err = fmt.Errorf("in the page: %s", got.ExceptionDetails.Text)
	}
	return got.Result.Value, err
}
