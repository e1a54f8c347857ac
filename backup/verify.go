package backup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Verdict is what a snapshot is worth.
type Verdict struct {
	Snapshot string `json:"snapshot"`
	Files    int    `json:"files"` // restored
	Bytes    int64  `json:"bytes"`
	// Same are files that the server still has, and are byte for byte the same;
	// Changed and Gone those that it has changed and deleted since.
	Same    int `json:"same"`
	Changed int `json:"changed"`
	Gone    int `json:"gone"`
}

// ErrDiffers says that a file of a snapshot is not what it was.
var ErrDiffers = errors.New("a file of the snapshot differs from the one it was taken of")

// Verify checks the repository, restores a snapshot into a scratch folder,
// where restic compares every file with what it noted of it, and compares each
// file that has not been touched since with the server's own.
func Verify(ctx context.Context, c Config, id string) (Verdict, error) {
	s, err := find(ctx, c, id)
	if err != nil {
		return Verdict{}, err
	}
	if _, err := c.restic(ctx, "check"); err != nil {
		return Verdict{}, err
	}
	scratch, err := os.MkdirTemp("", "easel-verify-")
	if err != nil {
		return Verdict{}, fmt.Errorf("verify: %w", err)
	}
	defer os.RemoveAll(scratch)
	if _, err := c.restic(ctx, "restore", s.ID, "--target", scratch, "--verify"); err != nil {
		return Verdict{}, err
	}
	v := Verdict{Snapshot: s.ID}
	err = filepath.WalkDir(scratch, func(at string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		inside, err := filepath.Rel(scratch, at)
		if err != nil {
			return err
		}
		if inside == filepath.Join(staging, accounts) {
			inside = accounts // a copy, so never the same file
		}
		return v.compare(at, filepath.Join(c.Data, inside))
	})
	if err != nil {
		return v, fmt.Errorf("verify: %w", err)
	}
	return v, nil
}

// compare counts a restored file, and how it compares with the server's.
func (v *Verdict) compare(restored, live string) error {
	then, err := os.Lstat(restored)
	if err != nil {
		return err
	}
	v.Files++
	v.Bytes += then.Size()
	now, err := os.Lstat(live)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		v.Gone++
		return nil
	case err != nil:
		return err
	case !now.ModTime().Equal(then.ModTime()) || now.Size() != then.Size():
		v.Changed++
		return nil
	}
	same, err := equal(restored, live)
	if err != nil {
		return err
	}
	if !same {
		return fmt.Errorf("%w: %s", ErrDiffers, live)
	}
	v.Same++
	return nil
}

func equal(a, b string) (bool, error) {
	one, err := os.Open(a)
	if err != nil {
		return false, err
	}
	defer one.Close()
	two, err := os.Open(b)
	if err != nil {
		return false, err
	}
	defer two.Close()
	left, right := make([]byte, 64<<10), make([]byte, 64<<10)
	for {
		n, err1 := io.ReadFull(one, left)
		k, err2 := io.ReadFull(two, right)
		if !bytes.Equal(left[:n], right[:k]) {
			return false, nil
		}
		for _, err := range []error{err1, err2} {
			if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
				return false, err
			}
		}
		if err1 != nil || err2 != nil {
			return true, nil
		}
	}
}
