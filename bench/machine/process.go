package machine

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// clockTick is the unit of CPU time in /proc: USER_HZ, 100 per second on every
// Linux that Go runs on.
const clockTick = 10 * time.Millisecond

// Process is a running process.
type Process struct {
	PID    int
	Parent int    // the process ID of who started it; 0: unknown
	Name   string // base name of its program
	Args   []string
}

// ProcessesOf finds the processes that belong to an X display (":12"): those
// that have it in their environment, and the X server itself. It sees what /proc
// lets this user see.
func ProcessesOf(display string) ([]Process, error) {
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil, fmt.Errorf("machine: %w", err)
	}
	server := serverOf(display)
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
		environ, _ := os.ReadFile(dir + "/environ")
		if pid == server || hasVariable(environ, "DISPLAY="+display) {
			args := strings.Split(strings.TrimRight(string(cmdline), "\x00"), "\x00")
			found = append(found, Process{PID: pid, Parent: parentOf(dir), Name: filepath.Base(args[0]), Args: args})
		}
	}
	return found, nil
}

// parentOf is the process ID of the parent of the process in a folder of /proc, 0
// when it cannot be read.
func parentOf(dir string) int {
	status, _ := os.ReadFile(dir + "/status")
	_, rest, _ := strings.Cut(string(status), "\nPPid:\t")
	digits, _, _ := strings.Cut(rest, "\n")
	pid, _ := strconv.Atoi(digits)
	return pid
}

// serverOf is the process ID of a display's X server: who listens on its socket;
// 0 when nobody does.
func serverOf(display string) int {
	number, ok := strings.CutPrefix(display, ":")
	if !ok {
		return 0
	}
	number, _, _ = strings.Cut(number, ".")
	raw, err := os.ReadFile("/proc/net/unix")
	if err != nil {
		return 0
	}
	pid, _ := holder(listeningAt(string(raw), "/tmp/.X11-unix/X"+number))
	return pid
}

// listeningAt is the inode of the socket that listens at a path: flags in field
// 4 (hexadecimal, 00010000 while it listens), inode in field 7, path in field 8
// (proc(5)); "" when there is none.
func listeningAt(table, path string) string {
	for line := range strings.Lines(table) {
		f := strings.Fields(line)
		if len(f) == 8 && f[3] == "00010000" && f[7] == path {
			return f[6]
		}
	}
	return ""
}

func hasVariable(environ []byte, want string) bool {
	for _, v := range bytes.Split(environ, []byte{0}) {
		if string(v) == want {
			return true
		}
	}
	return false
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
	user, system, err := p.Split()
	return user + system, err
}

// Split is the processor time a process has used so far, in its own code and in
// the kernel on its behalf, each to 10 ms.
func (p Process) Split() (user, system time.Duration, err error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.PID))
	if err != nil {
		return 0, 0, fmt.Errorf("machine: %w", err)
	}
	return parseCPU(string(raw))
}

// parseCPU reads utime and stime, fields 14 and 15 of /proc/PID/stat (proc(5)).
// Field 2, the name in parentheses, may contain anything.
func parseCPU(stat string) (user, system time.Duration, err error) {
	end := strings.LastIndexByte(stat, ')')
	if end < 0 {
		return 0, 0, fmt.Errorf("%w: process stat %q", ErrFormat, stat)
	}
	fields := strings.Fields(stat[end+1:])
	const utime, stime = 14 - 3, 15 - 3
	if len(fields) <= stime {
		return 0, 0, fmt.Errorf("%w: process stat %q", ErrFormat, stat)
	}
	var times [2]time.Duration
	for i, f := range []string{fields[utime], fields[stime]} {
		v, err := strconv.ParseUint(f, 10, 64)
		if err != nil {
			return 0, 0, fmt.Errorf("%w: process stat %q", ErrFormat, stat)
		}
		times[i] = time.Duration(v) * clockTick
	}
	return times[0], times[1], nil
}

// Freeze stops a process where it is; it goes on with Thaw.
func (p Process) Freeze() error { return p.signal(syscall.SIGSTOP) }

// Thaw lets a frozen process go on.
func (p Process) Thaw() error { return p.signal(syscall.SIGCONT) }

func (p Process) signal(s syscall.Signal) error {
	if err := syscall.Kill(p.PID, s); err != nil {
		return fmt.Errorf("machine: signal %s: %w", p.Name, err)
	}
	return nil
}
