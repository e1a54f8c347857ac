package machine

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestDescribe(t *testing.T) {
	m, err := Describe()
	if err != nil {
		t.Fatal(err)
	}
	if m.CPU == "" || m.Cores < 1 || m.Kernel == "" || m.Load < 0 {
		t.Errorf("got %+v", m)
	}
	if c := Commit(); c == "" {
		t.Error("no commit, not even unknown")
	}
}

func TestTimes(t *testing.T) {
	from, err := parseTimes("cpu  100 0 50 800 50 0 0 0 7 7")
	if err != nil {
		t.Fatal(err)
	}
	if want := (Times{Idle: 850, Total: 1000}); from != want {
		t.Errorf("got %+v, want %+v: guest time counts once", from, want)
	}
	if got := IdlePercent(from, Times{Idle: 925, Total: 1100}); got != 75 {
		t.Errorf("idle %v%%, want 75", got)
	}
	if got := IdlePercent(from, from); got != 0 {
		t.Errorf("no time passed, idle %v%%", got)
	}
	for _, bad := range []string{"", "cpu", "intr 1 2 3 4 5 6", "cpu 1 2 x 4 5 6"} {
		if _, err := parseTimes(bad); !errors.Is(err, ErrFormat) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if now, err := ReadTimes(); err != nil || now.Total == 0 {
		t.Errorf("this machine: %+v, %v", now, err)
	}
}

func TestProcessCPU(t *testing.T) {
	user, system, err := parseCPU("42 (a ) b) S 1 42 42 0 -1 4194560 1 2 3 4 150 25 0 0 20 0 1 0 1 2 3")
	if err != nil || user != 1500*time.Millisecond || system != 250*time.Millisecond {
		t.Errorf("got %v, %v, %v", user, system, err)
	}
	for _, bad := range []string{"", "42 (x)", "42 (x) S 1 42 42 0 -1 0 1 2 3 4 a b"} {
		if _, _, err := parseCPU(bad); !errors.Is(err, ErrFormat) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if _, err := (Process{PID: os.Getpid()}).CPU(); err != nil {
		t.Error(err)
	}
}

func TestProcessesOf(t *testing.T) {
	const display = ":31337"
	cmd := exec.Command("sleep", "60")
	cmd.Env = append(os.Environ(), "DISPLAY="+display)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	found, err := ProcessesOf(display)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(found, func(p Process) bool { return p.PID == cmd.Process.Pid && p.Parent == os.Getpid() && p.Name == "sleep" }) {
		t.Errorf("sleep on %s is not among %+v", display, found)
	}
}

func TestServer(t *testing.T) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	cmd := exec.Command("Xvnc", "-displayfd", "3", "-auth", "/nowhere/authority", "-SecurityTypes", "None",
		"-rfbunixpath", t.TempDir()+"/rfb", "-rfbport", "-1", "-nolisten", "tcp")
	cmd.ExtraFiles = []*os.File{write}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	write.Close()
	defer func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	}()
	number, err := bufio.NewReader(read).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	found, err := ProcessesOf(":" + strings.TrimSpace(number))
	if err != nil || len(found) != 1 || found[0].PID != cmd.Process.Pid || found[0].Authority() != "/nowhere/authority" {
		t.Errorf("%+v, %v", found, err)
	}
	for _, odd := range []string{"", ":", "host:1", ":64999", ":../../x"} {
		if found, err := ProcessesOf(odd); err != nil || len(found) != 0 {
			t.Errorf("display %q: %+v, %v", odd, found, err)
		}
	}
	if got := (Process{Args: []string{"Xvnc", ":1", "-auth"}}).Authority(); got != "" {
		t.Errorf("authority %q", got)
	}
}
