package workspace

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Errors of a Workspace, wrapped with the path or name that they are about.
var (
	ErrNotFound = errors.New("there is nothing of this name")
	ErrExists   = errors.New("the name is taken")
	ErrName     = errors.New("this can't be a name")
	ErrOutside  = errors.New("this leads out of the workspace")
	ErrKind     = errors.New("this is not possible with what is there")
	ErrFull     = errors.New("the workspace is full")
	ErrOffset   = errors.New("the upload goes on elsewhere")
	ErrPicture  = errors.New("no preview can be made")
)

const (
	private  = ".easel" // what no path reaches
	fileMode = 0o600
	dirMode  = 0o700
)

// Config says where a workspace is and what it may hold.
type Config struct {
	// Dir is the folder, absolute.
	Dir string
	// Quota bounds the bytes of all files; 0: no bound.
	Quota int64
	// Thumbnails is where GIMP leaves previews of what it saved, by the
	// freedesktop.org thumbnail specification; empty: nowhere.
	Thumbnails string
	Now        func() time.Time // nil: time.Now
}

// Workspace is safe for use from any goroutine.
type Workspace struct {
	cfg      Config
	root     *os.Root
	drawing  chan struct{} // one preview at a time: GIMP needs the machine
	mu       sync.Mutex    // held while room is promised to an upload
	writing  sync.Mutex    // guards busy
	busy     map[string]bool
	measured measure
	leasing  sync.Mutex // guards lease
	lease    *lease     // nil: none is held
}

// Open opens a workspace whose folder is there. Close it after use.
func Open(cfg Config) (*Workspace, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	root, err := os.OpenRoot(cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("workspace: %w", err)
	}
	return &Workspace{cfg: cfg, root: root, drawing: make(chan struct{}, 1), busy: make(map[string]bool)}, nil
}

// Close lets go of the folder, and of the lease if there is one.
func (w *Workspace) Close() error {
	w.leasing.Lock()
	defer w.leasing.Unlock()
	w.release()
	return w.root.Close()
}

// within is a path of people's as one below the root, "." for the root itself.
func within(p string) (string, error) {
	p = strings.Trim(p, "/")
	if p == "" {
		return ".", nil
	}
	p = unescape(p)
	if !fs.ValidPath(p) && !validRaw(p) {
		return "", fmt.Errorf("%w: %q", ErrName, p)
	}
	if first, _, _ := strings.Cut(p, "/"); first == private {
		return "", fmt.Errorf("%w: %q", ErrNotFound, p)
	}
	return p, nil
}

// validRaw is fs.ValidPath for bytes that are not UTF-8, which file systems
// allow and other programs write.
func validRaw(p string) bool {
	for part := range strings.SplitSeq(p, "/") {
		if part == "" || part == "." || part == ".." || strings.ContainsRune(part, 0) {
			return false
		}
	}
	return true
}

// fresh is a path that something new may get.
func fresh(p string) (string, error) {
	p, err := within(p)
	if err != nil {
		return "", err
	}
	return p, CheckName(path.Base(p))
}

// named puts one of our errors in the place of the system's, with the path.
func named(p string, err error) error {
	if err == nil {
		return nil
	}
	reason := err
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		reason = ErrNotFound
	case errors.Is(err, fs.ErrExist), errors.Is(err, syscall.ENOTEMPTY):
		reason = ErrExists
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		reason = ErrFull
	case errors.Is(err, syscall.ENAMETOOLONG):
		reason = ErrName
	case errors.Is(err, syscall.ELOOP), strings.HasSuffix(err.Error(), "path escapes from parent"):
		reason = ErrOutside
	}
	return fmt.Errorf("%q: %w", escape(p), reason)
}

// newID is 130 random bits in letters and digits.
func newID() string { return strings.ToLower(rand.Text()) }

// validID says whether s may be one of newID's.
func validID(s string) bool {
	if len(s) != 26 {
		return false
	}
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < '2' || c > '7') {
			return false
		}
	}
	return true
}
