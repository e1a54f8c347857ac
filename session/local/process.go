package local

import (
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// process is a running part: a child of this server, or one of an earlier
// server that this one adopted.
type process struct {
	identity
	done   chan struct{} // closed when it is gone
	status string        // how it went, once done is closed; empty: not known

	mu    sync.Mutex
	pidfd int // -1 once it is gone
}

// spawn starts a command as the leader of a new process session, so that its
// group can be killed as a whole.
func spawn(cmd *exec.Cmd, a account) (*process, error) {
	pidfd := -1
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Credential: a.credential(), PidFD: &pidfd}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{identity: identify(cmd.Process.Pid), done: make(chan struct{}), pidfd: pidfd}
	go func() {
		defer p.gone()
		if err := cmd.Wait(); err != nil {
			p.status = err.Error()
		} else {
			p.status = "exit status 0"
		}
	}()
	return p, nil
}

// attach adopts a running process that is nobody's child here. The pidfd is
// opened first and the identity compared after, so that the number can't have
// gone to another process in between.
func attach(id identity) (*process, error) {
	fd, err := unix.PidfdOpen(id.PID, unix.PIDFD_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("process %d: %w", id.PID, err)
	}
	if !id.alive() {
		unix.Close(fd)
		return nil, fmt.Errorf("process %d is gone", id.PID)
	}
	// A second descriptor for the runtime's poller, which closes its own.
	watched, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("process %d: %w", id.PID, err)
	}
	file := os.NewFile(uintptr(watched), "pidfd")
	conn, err := file.SyscallConn()
	if err != nil {
		file.Close()
		unix.Close(fd)
		return nil, fmt.Errorf("process %d: %w", id.PID, err)
	}
	p := &process{identity: id, done: make(chan struct{}), pidfd: fd}
	go func() {
		defer p.gone()
		defer file.Close()
		// A pidfd is readable when its process has ended, pidfd_open(2). The
		// poller's only error is a descriptor closed early, which nobody does.
		_ = conn.Read(func(fd uintptr) bool {
			n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 0)
			return err == nil && n == 1
		})
	}()
	return p, nil
}

func (p *process) gone() {
	p.mu.Lock()
	unix.Close(p.pidfd)
	p.pidfd = -1
	p.mu.Unlock()
	close(p.done)
}

// signal sends a signal to the process; one that is gone doesn't mind.
func (p *process) signal(sig unix.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pidfd >= 0 {
		// The one error left is ESRCH, gone but not yet noticed.
		_ = unix.PidfdSendSignal(p.pidfd, sig, nil, 0)
	}
}

// ending says whether the process has ended or begun to.
func (p *process) ending() bool {
	st, err := readStat(p.PID)
	return err != nil || st.start != p.Start || st.exiting
}

func (p *process) running() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}
