package machine

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// clockTick is the unit of CPU time in /proc: USER_HZ, 100 per second on every
// Linux that Go runs on.
const clockTick = 10 * time.Millisecond

// Process is a running process.
type Process struct {
	PID  int
	Name string // base name of its program
	Args []string
}

// ProcessesOf finds the processes that belong to an X display (":12"): those
// that have it in their environment, and the X server, which has it as an
// argument. It sees what /proc lets this user see.
func ProcessesOf(display string) ([]Process, error) {
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil, fmt.Errorf("machine: %w", err)
	}
	var found []Process
	for _, dir := range dirs {
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil {
			continue
		}
		// A process may end while we look at it: whatever cannot be read is
		// not one of ours.
		cmdline, err := os.ReadFile(dir + "/cmdline")
		if err != nil || len(cmdline) == 0 {
			continue
		}
		p := Process{PID: pid, Args: strings.Split(strings.TrimRight(string(cmdline), "\x00"), "\x00")}
		p.Name = filepath.Base(p.Args[0])
		environ, _ := os.ReadFile(dir + "/environ")
		if hasVariable(environ, "DISPLAY="+display) || isServerOf(p, display) {
			found = append(found, p)
		}
	}
	return found, nil
}

func hasVariable(environ []byte, want string) bool {
	for _, v := range bytes.Split(environ, []byte{0}) {
		if string(v) == want {
			return true
		}
	}
	return false
}

// isServerOf knows an X server by its first argument and name.
func isServerOf(p Process, display string) bool {
	return strings.HasPrefix(p.Name, "X") && len(p.Args) > 1 && p.Args[1] == display
}

// Authority is the X authority file that an X server was started with (-auth),
// or "".
func (p Process) Authority() string {
	for i, a := range p.Args {
		if a == "-auth" && i+1 < len(p.Args) {
			return p.Args[i+1]
		}
	}
	return ""
}

// CPU is the processor time a process has used so far, user and system, to
// 10 ms.
func (p Process) CPU() (time.Duration, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.PID))
	if err != nil {
		return 0, fmt.Errorf("machine: %w", err)
	}
	return parseCPU(string(raw))
}

// parseCPU reads utime and stime, fields 14 and 15 of /proc/PID/stat (proc(5)).
// Field 2, the name in parentheses, may contain anything.
func parseCPU(stat string) (time.Duration, error) {
	end := strings.LastIndexByte(stat, ')')
	if end < 0 {
		return 0, fmt.Errorf("%w: process stat %q", ErrFormat, stat)
	}
	fields := strings.Fields(stat[end+1:])
	const utime, stime = 14 - 3, 15 - 3
	if len(fields) <= stime {
		return 0, fmt.Errorf("%w: process stat %q", ErrFormat, stat)
	}
	var ticks uint64
	for _, f := range []string{fields[utime], fields[stime]} {
		v, err := strconv.ParseUint(f, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("%w: process stat %q", ErrFormat, stat)
		}
		ticks += v
	}
	return time.Duration(ticks) * clockTick, nil
}
