package access

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// readState reads the state in the file at path; without one it leaves state as
// it is.
func readState[T any](path string, state *T) error {
	b, err := os.ReadFile(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("access: %w", err)
	}
	if err := json.Unmarshal(b, state); err != nil {
		return fmt.Errorf("access: %s: %w", path, err)
	}
	return nil
}

// changeState applies f and writes the file; when that fails, nothing has
// changed.
func changeState[T any](path string, state *T, f func(*T)) error {
	before, err := json.Marshal(state)
	if err != nil {
		return fmt.Errorf("access: %w", err)
	}
	f(state)
	after, err := json.MarshalIndent(state, "", "  ")
	if err == nil {
		err = replaceFile(path, after)
	}
	if err != nil {
		*state = *new(T)
		return errors.Join(fmt.Errorf("access: %w", err), json.Unmarshal(before, state))
	}
	return nil
}

// replaceFile writes a private file so that a crash leaves the old or the new.
func replaceFile(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone already when all went well
	_, err = f.Write(content)
	for _, step := range []func() error{f.Sync, f.Close, func() error { return os.Rename(f.Name(), path) }} {
		if err == nil {
			err = step()
		}
	}
	return err
}
