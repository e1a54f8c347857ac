package local

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/easel-live/easel/session"
)

// record is what the next server must know to take a session over.
type record struct {
	Spec    session.Spec        `json:"spec"`
	Boot    string              `json:"boot"` // of the kernel; process start times count from it
	URL     string              `json:"url"`  // where the agent was told the server is
	Display string              `json:"display"`
	Dialect string              `json:"dialect"` // of the display's RFB
	Parts   map[string]identity `json:"parts"`   // by part name
}

func (l *Launcher) writeRecord(rec record) error {
	b, err := json.MarshalIndent(rec, "", "  ")
	if err != nil {
		return fmt.Errorf("session record: %w", err)
	}
	if err := replaceFile(l.recordPath(rec.Spec.ID), b, 0o600); err != nil {
		return fmt.Errorf("session record: %w", err)
	}
	return nil
}

func (l *Launcher) readRecord(id string) (record, error) {
	var rec record
	b, err := os.ReadFile(l.recordPath(id))
	if err != nil {
		return rec, fmt.Errorf("session record: %w", err)
	}
	if err := json.Unmarshal(b, &rec); err != nil {
		return record{}, fmt.Errorf("session record: %w", err)
	}
	if rec.Spec.ID != id || rec.Spec.Room == "" || rec.Parts == nil {
		return record{}, fmt.Errorf("session record: it isn't that of %s", id)
	}
	return rec, nil
}

// replaceFile writes a file so that a reader finds the old content or the new
// one, even after a crash.
func replaceFile(path string, content []byte, mode os.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone already when all went well
	_, err = f.Write(content)
	for _, step := range []func() error{
		func() error { return f.Chmod(mode) }, f.Sync, f.Close,
		func() error { return os.Rename(f.Name(), path) },
	} {
		if err == nil {
			err = step()
		}
	}
	return err
}
