package cloud

import (
	"errors"
	"fmt"
	"time"

	"github.com/easel-live/easel/workspace"
)

// Remote is a folder of somebody's storage, and the folder of the workspace that
// is to be the same.
type Remote struct {
	ID         string            `json:"id"`
	Name       string            `json:"name"` // of the workspace's folder
	Kind       string            `json:"kind"` // of rclone's providers
	Path       string            `json:"path"` // the remote's folder; empty: all of it
	Parameters map[string]string `json:"parameters"`
	Paused     bool              `json:"paused"`
	Limit      int               `json:"limit"` // KiB a second; 0: no bound
}

// State is what is being done about a remote.
type State string

// The states of a remote.
const (
	Waiting State = "waiting" // not looked at yet
	Syncing State = "syncing"
	Synced  State = "synced" // both sides agreed when they were last looked at
	Paused  State = "paused"
	Failed  State = "failed" // the last pass could not do all; it is tried again
)

// Status is how a remote fares.
type Status struct {
	ID      string    `json:"id"`
	State   State     `json:"state"`
	Problem string    `json:"problem"` // why it failed, for people
	Synced  time.Time `json:"synced"`  // when both sides last agreed; zero: never
	Files   int       `json:"files"`
	// Of the pass that is under way: steps, and bytes of the file being copied.
	Done    int    `json:"done"`
	Of      int    `json:"of"`
	Current string `json:"current"`
	Bytes   int64  `json:"bytes"`
	Size    int64  `json:"size"`  // -1: not known
	Speed   int64  `json:"speed"` // bytes a second
	// Conflicts are the latest copies that were made of files that changed on
	// both sides.
	Conflicts []string `json:"conflicts"`
	// Skipped is how many files have names or kinds that can't be synced.
	Skipped int `json:"skipped"`
	// Rescued is how many files were brought back in the last pass, because more
	// than half of all were gone at once.
	Rescued int `json:"rescued"`
	// Renewed are parameters that rclone changed: tokens that it refreshed. They
	// are for the keeper of the secrets and nobody else.
	Renewed map[string]string `json:"renewed,omitempty"`
}

// ErrRemote wraps what is wrong with a remote.
var ErrRemote = errors.New("the storage")

// Bounds of what a remote may be told to be.
const (
	maxParameters = 64
	maxParameter  = 16 << 10 // bytes
	maxPath       = 1024     // bytes
	// MaxRemotes is how many remotes a workspace may have.
	MaxRemotes = 16
	// MaxLimit bounds Limit.
	MaxLimit = 1 << 20
)

// Check says what is wrong with a remote, before anything is tried.
func (r Remote) Check() error {
	if err := workspace.CheckName(r.Name); err != nil {
		return fmt.Errorf("the folder's name: %w", err)
	}
	if r.Kind == "" || len(r.Path) > maxPath || len(r.Parameters) > maxParameters || r.Limit < 0 || r.Limit > MaxLimit {
		return fmt.Errorf("%w: its description is not possible", ErrRemote)
	}
	for name, value := range r.Parameters {
		if name == "" || len(name) > 64 || len(value) > maxParameter {
			return fmt.Errorf("%w: the option %.64q is too long", ErrRemote, name)
		}
	}
	return nil
}
