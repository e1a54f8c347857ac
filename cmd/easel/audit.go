package main

import (
	"errors"
	"io/fs"
	"os"
	"sync"
)

// auditBytes is how large the audit log grows before it becomes the old one,
// which then is all that is kept of the past.
const auditBytes = 16 << 20

// auditFile is a file that starts anew when it is full.
type auditFile struct {
	path string
	mu   sync.Mutex
	file *os.File
	size int64
}

func openAudit(path string) (*auditFile, error) {
	a := &auditFile{path: path}
	return a, a.open()
}

func (a *auditFile) open() error {
	f, err := os.OpenFile(a.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return errors.Join(err, f.Close())
	}
	a.file, a.size = f, info.Size()
	return nil
}

// Write appends a line.
func (a *auditFile) Write(line []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.file == nil {
		return 0, fs.ErrClosed
	}
	if a.size > 0 && a.size+int64(len(line)) > auditBytes {
		err := errors.Join(a.file.Close(), os.Rename(a.path, a.path+".old"))
		a.file = nil
		if err = errors.Join(err, a.open()); err != nil {
			return 0, err
		}
	}
	n, err := a.file.Write(line)
	a.size += int64(n)
	return n, err
}

// Close ends it.
func (a *auditFile) Close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.file == nil {
		return nil
	}
	err := a.file.Close()
	a.file = nil
	return err
}
