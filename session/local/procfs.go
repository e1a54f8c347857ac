package local

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// marker is the environment variable that every process of a session has.
const marker = "EASEL_SESSION"

// identity tells a process from a later one with the same number.
type identity struct {
	PID   int    `json:"pid"`
	Start uint64 `json:"start"` // clock ticks after boot, proc_pid_stat(5)
}

// identify returns the identity of a process that this server just started
// or looks at; Start is 0 when it is gone.
func identify(pid int) identity {
	st, _ := readStat(pid)
	return identity{PID: pid, Start: st.start}
}

// alive says whether this very process runs; a zombie doesn't.
func (id identity) alive() bool {
	st, err := readStat(id.PID)
	return err == nil && st.start == id.Start && st.state != 'Z' && st.state != 'X'
}

// stat is what Easel needs of /proc/PID/stat.
type stat struct {
	state   byte
	sid     int    // process session
	exiting bool   // it has begun to end, and its files are closed or soon will be
	start   uint64 // clock ticks after boot
}

// exitingFlag is PF_EXITING of the kernel's task flags. It is set before a dying
// process's files are closed.
const exitingFlag = 0x4

func readStat(pid int) (stat, error) {
	b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return stat{}, err
	}
	return parseStat(b)
}

// parseStat reads proc_pid_stat(5). The second field is the program's name in
// parentheses, which may itself hold parentheses and spaces: what follows is
// counted from the last one.
func parseStat(b []byte) (stat, error) {
	end := bytes.LastIndexByte(b, ')')
	fields := strings.Fields(string(b[end+1:]))
	if end < 0 || len(fields) < 20 || len(fields[0]) != 1 {
		return stat{}, fmt.Errorf("unknown form of /proc/PID/stat: %.60q", b)
	}
	sid, err := strconv.Atoi(fields[6-3])
	if err != nil {
		return stat{}, fmt.Errorf("session in /proc/PID/stat: %w", err)
	}
	flags, err := strconv.ParseUint(fields[9-3], 10, 64)
	if err != nil {
		return stat{}, fmt.Errorf("flags in /proc/PID/stat: %w", err)
	}
	start, err := strconv.ParseUint(fields[22-3], 10, 64)
	if err != nil {
		return stat{}, fmt.Errorf("start time in /proc/PID/stat: %w", err)
	}
	return stat{state: fields[0][0], sid: sid, exiting: flags&exitingFlag != 0, start: start}, nil
}

// bootID names this boot of the kernel; start times of processes mean nothing
// in another.
func bootID() string {
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// marked returns every process of a session, whoever forked it. Zombies have
// no environment any more and don't count.
func marked(session string) []identity {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var found []identity
	want := []byte(marker + "=" + session)
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		env, err := os.ReadFile(filepath.Join("/proc", e.Name(), "environ"))
		if err != nil {
			continue // gone, or another user's
		}
		for v := range bytes.SplitSeq(env, []byte{0}) {
			if bytes.Equal(v, want) {
				if id := identify(pid); id.alive() {
					found = append(found, id)
				}
				break
			}
		}
	}
	return found
}

// sweep kills what is left of a session but the processes that keep spares,
// and returns when it is gone.
func sweep(ctx context.Context, session string, keep func(identity) bool) error {
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		left := 0
		for _, id := range marked(session) {
			if keep != nil && keep(id) {
				continue
			}
			left++
			if p, err := attach(id); err == nil {
				p.signal(unix.SIGKILL)
				select {
				case <-p.done:
				case <-ctx.Done():
				}
			}
		}
		if left == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("session %s: %d processes can't be ended: %w", session, left, ctx.Err())
		case <-again.C:
		}
	}
}
