package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/easel-live/easel/internal/xvnctest"
)

// TestMain lets this binary be easel-bench, as its own target command needs.
func TestMain(m *testing.M) {
	if os.Getenv("BE_EASEL_BENCH") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// easelBench runs the command and gives what it printed.
func easelBench(t *testing.T, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), "BE_EASEL_BENCH=1")
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	err = cmd.Run()
	return out.String(), complaint.String(), err
}

func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"size":      {[]string{"latency", "--size", "big"}, "WIDTHxHEIGHT"},
		"tiny":      {[]string{"capture", "--size", "1x1"}, "WIDTHxHEIGHT"},
		"target":    {[]string{"latency", "--target", "krita"}, "--target must be one of"},
		"display":   {[]string{"target"}, "unusable display"},
		"no server": {[]string{"latency", "--floor", "0", "--easel", "/nowhere/easel"}, "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("DISPLAY", ":64123")
			out, complaint, err := easelBench(t, c.args...)
			if err == nil || !strings.Contains(complaint, c.want) {
				t.Errorf("%v: %s", err, complaint)
			}
			if strings.Contains(out, "{") {
				t.Errorf("printed a result: %s", out)
			}
		})
	}
}

// A page that answers presses by itself, in place of the product: everything of
// the command but the product runs.
func TestLatencyPrintsOneObject(t *testing.T) {
	pages := httptest.NewServer(http.FileServer(http.Dir("../../bench/browser/testdata")))
	defer pages.Close()
	dir := t.TempDir()
	out, complaint, err := easelBench(t, "latency", "--json", "--url", pages.URL+"/webrtc.html", "--display", xvnctest.Start(t, 640, 480),
		"--n", "5", "--warmup", "1", "--floor", "3", "--timeout", "5s", "--size", "640x480",
		"--samples", dir+"/samples", "--shot", dir+"/page.png")
	if err != nil {
		t.Fatalf("%v: %s", err, complaint)
	}
	var report struct {
		P50   float64                       `json:"p50_ms"`
		P99   float64                       `json:"p99_ms"`
		N     int                           `json:"n"`
		Via   string                        `json:"via"`
		Split map[string]map[string]float64 `json:"split"`
		Floor struct{ N int }               `json:"floor"`
	}
	lines := json.NewDecoder(strings.NewReader(out))
	if err := lines.Decode(&report); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if lines.More() {
		t.Errorf("more than one object: %s", out)
	}
	if report.N != 5 || report.P50 <= 0 || report.P99 < report.P50 || report.Via != "webrtc-udp" || report.Floor.N != 3 {
		t.Errorf("%+v", report)
	}
	if _, ok := report.Split["x_to_encoded_ms"]; !ok {
		t.Errorf("no split: %s", out)
	}
	samples, err := os.ReadFile(dir + "/samples")
	if err != nil || bytes.Count(samples, []byte("\n")) != 5 {
		t.Errorf("samples %q, %v", samples, err)
	}
	if png, err := os.ReadFile(dir + "/page.png"); err != nil || len(png) == 0 {
		t.Errorf("no screenshot: %v", err)
	}
}

func TestTargetWindow(t *testing.T) {
	t.Setenv("BE_EASEL_BENCH", "1")
	name := xvnctest.Start(t, 640, 480)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	w, err := startTarget(ctx, name, true)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.stop(); err != nil {
		t.Error(err)
	}
	if authority, err := authorityOf(name); err != nil || filepath.Base(authority) != "authority" {
		t.Errorf("authority %q, %v", authority, err)
	}
	if _, err := startTarget(ctx, ":64123", false); !errors.Is(err, errTarget) {
		t.Errorf("on a display that is not there: %v", err)
	}
}
