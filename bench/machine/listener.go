package machine

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// ErrNoListener is wrapped when no process that this user may look into listens
// on a port.
var ErrNoListener = errors.New("machine: nobody listens")

// Listener finds the process that listens on a TCP port of this machine.
func Listener(port int) (Process, error) {
	var inodes []string
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		raw, err := os.ReadFile(table)
		if err != nil {
			continue // a kernel without IPv6 has no such table
		}
		inodes = append(inodes, listening(raw, port)...)
	}
	for _, inode := range inodes {
		if pid, ok := holder(inode); ok {
			return Process{PID: pid}, nil
		}
	}
	return Process{}, fmt.Errorf("%w: TCP port %d", ErrNoListener, port)
}

// listening are the inodes of a TCP table's sockets that listen on port: local
// address in field 2 (hexadecimal, after the colon), state 0A in field 4, inode
// in field 10 (proc(5)).
func listening(table []byte, port int) []string {
	want := fmt.Sprintf(":%04X", port)
	var inodes []string
	lines := bufio.NewScanner(bytes.NewReader(table))
	for lines.Scan() {
		f := strings.Fields(lines.Text())
		if len(f) >= 10 && f[3] == "0A" && strings.HasSuffix(f[1], want) {
			inodes = append(inodes, f[9])
		}
	}
	return inodes
}

// holder is the process that has a socket open.
func holder(inode string) (pid int, ok bool) {
	links, err := filepath.Glob("/proc/[0-9]*/fd/*")
	if err != nil {
		return 0, false
	}
	for _, link := range links {
		// Processes and their files come and go while we look.
		if target, err := os.Readlink(link); err != nil || target != "socket:["+inode+"]" {
			continue
		}
		pid, err := strconv.Atoi(strings.Split(link, "/")[2])
		return pid, err == nil
	}
	return 0, false
}

// Resident is the memory of a process that is in RAM, in bytes.
func (p Process) Resident() (int64, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.PID))
	if err != nil {
		return 0, fmt.Errorf("machine: %w", err)
	}
	fields := strings.Fields(string(raw))
	if len(fields) < 2 {
		return 0, fmt.Errorf("%w: statm %q", ErrFormat, raw)
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%w: statm %q", ErrFormat, raw)
	}
	return pages * int64(os.Getpagesize()), nil
}

// UDPOverflows counts the UDP packets of this network namespace that found
// their socket's receive buffer full (RcvbufErrors of proc(5)'s /proc/net/snmp).
func UDPOverflows() (uint64, error) {
	raw, err := os.ReadFile("/proc/net/snmp")
	if err != nil {
		return 0, fmt.Errorf("machine: %w", err)
	}
	return parseOverflows(string(raw))
}

func parseOverflows(snmp string) (uint64, error) {
	var names []string
	for line := range strings.Lines(snmp) {
		rest, ok := strings.CutPrefix(line, "Udp:")
		if !ok {
			continue
		}
		if names == nil {
			names = strings.Fields(rest)
			continue
		}
		for i, v := range strings.Fields(rest) {
			if i < len(names) && names[i] == "RcvbufErrors" {
				return strconv.ParseUint(v, 10, 64)
			}
		}
	}
	return 0, fmt.Errorf("%w: no RcvbufErrors in snmp", ErrFormat)
}
