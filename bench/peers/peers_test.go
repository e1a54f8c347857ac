package main

import (
	"encoding/xml"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestOptions(t *testing.T) {
	o, err := parse([]string{"-scenarios", "1x20,50x4@500000", "-runs", "2", "-link", "loopback,veth"})
	if err != nil || len(o.links) != 2 || len(o.scenarios) != 2 || o.scenarios[1] != (scenario{Rooms: 50, Viewers: 4, Bitrate: 500_000}) || o.runs != 2 {
		t.Errorf("%+v, %v", o, err)
	}
	for _, bad := range [][]string{{"-scenarios", "20"}, {"-scenarios", "0x1"}, {"-scenarios", "1x1@fast"}, {"-runs", "0"}, {"-seconds", "-1"}} {
		if _, err := parse(bad); err == nil {
			t.Errorf("%v: no error", bad)
		}
	}
	if _, err := openRoad(t.Context(), "carrier pigeon", "1"); err == nil {
		t.Error("a road of pigeons")
	}
}

func TestMedianIsOfEachFigure(t *testing.T) {
	m := median([]figures{{CPU: 3, Loss: 0.1}, {CPU: 1, Loss: 0.3}, {CPU: 2}})
	if m.CPU != 2 || m.Loss != 0.1 {
		t.Errorf("%+v", m)
	}
	if m := median([]figures{{CPU: 1}, {CPU: 2}}); m.CPU != 1.5 {
		t.Errorf("of two: %v", m.CPU)
	}
}

func TestTableHasARatio(t *testing.T) {
	s := scenario{Rooms: 1, Viewers: 20}
	var out strings.Builder
	if err := writeTable(&out, []result{
		{scenario: s, Server: "easel", Median: figures{CPU: 5}},
		{scenario: s, Server: "livekit-server", Median: figures{CPU: 20}},
	}); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 4 || !strings.Contains(lines[3], "0.250") || !strings.Contains(lines[3], " -") {
		t.Errorf("%s", &out)
	}
}

func TestProcessesEnd(t *testing.T) {
	c := process(t.Context(), []string{"sleep", "60"}, nil)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if err := stop(c); err == nil || !strings.Contains(err.Error(), "terminated") {
		t.Errorf("ended with %v", err)
	}
	if err := c.Process.Signal(syscall.Signal(0)); err == nil {
		t.Error("still there")
	}
}

func TestPeersConfigure(t *testing.T) {
	dir := t.TempDir()
	for _, p := range []peer{easelPeer("/bin/easel"), livekitPeer("/bin/livekit")} {
		if args, _, err := p.command("127.0.0.1", dir); err != nil || len(args) < 2 {
			t.Errorf("%s: %v, %v", p.name, args, err)
		}
	}
	if raw, err := os.ReadFile(dir + "/livekit.yaml"); err != nil || !strings.Contains(string(raw), "udp_port: 17982") {
		t.Errorf("%s, %v", raw, err)
	}
}

func TestVethComesAndGoes(t *testing.T) {
	if os.Getuid() != 0 {
		return // only root may make namespaces; make bench runs this as root
	}
	r, err := openRoad(t.Context(), "veth", "1")
	if err != nil {
		t.Fatal(err)
	}
	listen := append(r.loadSide, "ping", "-c1", "-W2", r.address)
	if _, err := exec.LookPath("ping"); err == nil {
		if out, err := exec.Command(listen[0], listen[1:]...).CombinedOutput(); err != nil {
			t.Errorf("no way across: %v: %s", err, out)
		}
	}
	if err := r.close(); err != nil {
		t.Error(err)
	}
	if left, err := exec.Command("ip", "netns", "list").CombinedOutput(); err != nil || strings.Contains(string(left), r.namespaces[0]) {
		t.Errorf("left behind: %s, %v", left, err)
	}
}

func TestResultsOfSeveralRunsAreOne(t *testing.T) {
	dir := t.TempDir()
	var files []string
	for i, cpu := range []string{"4", "6"} {
		name := filepath.Join(dir, strconv.Itoa(i))
		files = append(files, name)
		text := `[{"rooms":1,"viewers":50,"bitrate":1500000,"server":"easel","link":"loopback","runs":[{"cpu_us_per_packet":` + cpu + `}]}]`
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	results, err := readResults(files)
	if err != nil || len(results) != 1 || results[0].Median.CPU != 5 || len(results[0].Runs) != 2 {
		t.Fatalf("%+v, %v", results, err)
	}
	picture := string(plot(results))
	if !strings.Contains(picture, "easel, loopback") || xml.Unmarshal([]byte(picture), new(struct{})) != nil {
		t.Errorf("%s", picture)
	}
	if _, err := readResults([]string{filepath.Join(dir, "none")}); err == nil {
		t.Error("results of nothing")
	}
}

func TestMask(t *testing.T) {
	for list, want := range map[string]string{"1": "2", "0,2-3": "d"} {
		if got, err := mask(list); err != nil || got != want {
			t.Errorf("%s: %s, %v", list, got, err)
		}
	}
	for _, bad := range []string{"", "x", "3-1", "40"} {
		if _, err := mask(bad); err == nil {
			t.Errorf("%q: no error", bad)
		}
	}
}
