package workspace

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Errors of a lease.
var (
	ErrHeld = errors.New("another session has these files open")
	ErrLost = errors.New("another session has taken these files over")
)

const leaseFile = private + "/lease"

// lease is the right to write. A lock of the kernel's says that its holder
// lives: it goes with the process. The generation, which grows with each holder,
// stops one whom the lock was taken from and who does not know: storage that
// several machines share breaks the locks of those that it has not heard from.
type lease struct {
	file       *os.File
	generation uint64
}

// Hold takes the workspace for this process alone, until Close: ErrHeld if
// another has it. From then on nothing is written once another has taken it,
// which is ErrLost. Who never holds is not kept from writing: reading needs no
// lease, and neither do tools that work on a workspace at rest.
func (w *Workspace) Hold() error {
	w.leasing.Lock()
	defer w.leasing.Unlock()
	return w.hold()
}

// hold takes the workspace; the caller holds leasing.
func (w *Workspace) hold() error {
	if err := w.root.MkdirAll(private, dirMode); err != nil {
		return named(leaseFile, err)
	}
	f, err := w.root.OpenFile(leaseFile, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW, fileMode)
	if err != nil {
		return named(leaseFile, err)
	}
	generation, err := take(f)
	if err != nil {
		f.Close()
		return err
	}
	w.release()
	w.lease = &lease{f, generation}
	return nil
}

// take locks a lease's file and makes its generation the next one.
func take(f *os.File) (uint64, error) {
	err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return 0, ErrHeld
	}
	if err != nil {
		return 0, fmt.Errorf("the workspace's lease: %w", err)
	}
	before, err := readGeneration(f)
	if err != nil {
		return 0, err
	}
	// As long as the last one, so that no reader finds a number half-written.
	_, err = f.WriteAt(fmt.Appendf(nil, "%020d\n", before+1), 0)
	if err == nil {
		err = f.Sync()
	}
	if err != nil {
		return 0, fmt.Errorf("the workspace's lease: %w", err)
	}
	return before + 1, nil
}

// readGeneration is the number in a lease's file, 0 if it has none.
func readGeneration(f io.ReaderAt) (uint64, error) {
	raw := make([]byte, 21)
	n, err := f.ReadAt(raw, 0)
	if err != nil && err != io.EOF {
		return 0, fmt.Errorf("the workspace's lease: %w", err)
	}
	text := strings.TrimSpace(string(raw[:n]))
	if text == "" {
		return 0, nil
	}
	generation, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("the workspace's lease: %w", ErrKind)
	}
	return generation, nil
}

// fenced says why nothing may be written any more, nil if all is well.
func (w *Workspace) fenced() error {
	w.leasing.Lock()
	defer w.leasing.Unlock()
	if w.lease == nil {
		return nil
	}
	f, err := w.root.OpenFile(leaseFile, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return w.hold() // somebody tidied up too much
	}
	if err != nil {
		return named(leaseFile, err)
	}
	defer f.Close()
	now, err := readGeneration(f)
	if err != nil {
		return err
	}
	if now != w.lease.generation {
		return ErrLost
	}
	return nil
}

// release gives the workspace up; the caller holds leasing, or is the last.
func (w *Workspace) release() {
	if w.lease != nil {
		w.lease.file.Close()
		w.lease = nil
	}
}
