// Package machine says what a measurement ran on and how busy that was: without
// it a figure means nothing. It reads Linux's /proc.
package machine

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/easel-live/easel/bench/stats"
)

// Machine is the computer of a measurement.
type Machine struct {
	CPU    string `json:"cpu"` // model name
	Cores  int    `json:"cores"`
	Kernel string `json:"kernel"`
	// Load is the one-minute load average when the measurement began.
	Load float64 `json:"load"`
	// IdleBefore is the share of idle time in percent just before the product
	// was measured, IdleDuring while it was.
	IdleBefore float64 `json:"idle_before_percent"`
	IdleDuring float64 `json:"idle_during_percent"`
}

// ErrFormat is wrapped by errors about /proc files that do not read as expected.
var ErrFormat = errors.New("machine: unexpected format")

// Describe reads the parts of Machine that do not change with time, and the load.
func Describe() (Machine, error) {
	m := Machine{CPU: "unknown"}
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return m, fmt.Errorf("machine: %w", err)
	}
	lines := bufio.NewScanner(bytes.NewReader(info))
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ":")
		switch strings.TrimSpace(name) {
		case "processor":
			m.Cores++ // all there are, not only those this process may use
		case "model name":
			m.CPU = strings.TrimSpace(value)
		}
	}
	release, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return m, fmt.Errorf("machine: %w", err)
	}
	m.Kernel = strings.TrimSpace(string(release))
	load, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return m, fmt.Errorf("machine: %w", err)
	}
	first, _, _ := strings.Cut(string(load), " ")
	if m.Load, err = strconv.ParseFloat(first, 64); err != nil {
		return m, fmt.Errorf("%w: loadavg %q", ErrFormat, load)
	}
	return m, nil
}

// Times is the machine's CPU time since it started, in clock ticks.
type Times struct{ Idle, Total uint64 }

// ReadTimes reads the CPU time of all cores together.
func ReadTimes() (Times, error) {
	raw, err := os.ReadFile("/proc/stat")
	if err != nil {
		return Times{}, fmt.Errorf("machine: %w", err)
	}
	line, _, _ := strings.Cut(string(raw), "\n")
	return parseTimes(line)
}

// parseTimes reads /proc/stat's first line: "cpu user nice system idle iowait
// irq softirq steal guest guest_nice" (proc(5)). Guest time is already in user.
func parseTimes(line string) (Times, error) {
	fields := strings.Fields(line)
	if len(fields) < 6 || fields[0] != "cpu" {
		return Times{}, fmt.Errorf("%w: stat %q", ErrFormat, line)
	}
	var t Times
	for i, f := range fields[1:min(len(fields), 9)] {
		v, err := strconv.ParseUint(f, 10, 64)
		if err != nil {
			return Times{}, fmt.Errorf("%w: stat %q", ErrFormat, line)
		}
		t.Total += v
		if i == 3 || i == 4 {
			t.Idle += v
		}
	}
	return t, nil
}

// IdlePercent is the share of idle time between two readings, in percent of all
// cores.
func IdlePercent(from, to Times) float64 {
	if to.Total <= from.Total || to.Idle < from.Idle {
		return 0
	}
	return stats.Round(100*float64(to.Idle-from.Idle)/float64(to.Total-from.Total), 1)
}

// Commit is the revision that this program was built from, or else that of the
// checkout it lies in; "unknown" when neither is known. Changes since carry a "+" at the end.
func Commit() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		revision, dirty := "", false
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				revision = s.Value
			case "vcs.modified":
				dirty = s.Value == "true"
			}
		}
		if revision != "" {
			return short(revision, dirty)
		}
	}
	git := func(args ...string) (string, error) {
		cmd := exec.Command("git", args...)
		if self, err := os.Executable(); err == nil {
			cmd.Dir = filepath.Dir(self)
		}
		out, err := cmd.Output()
		return strings.TrimSpace(string(out)), err
	}
	head, err := git("rev-parse", "HEAD")
	if err != nil {
		return "unknown"
	}
	status, err := git("status", "--porcelain", "--untracked-files=no")
	return short(head, err != nil || status != "")
}

func short(revision string, dirty bool) string {
	revision = revision[:min(len(revision), 12)]
	if dirty {
		revision += "+"
	}
	return revision
}
