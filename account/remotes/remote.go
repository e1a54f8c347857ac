package remotes

import (
	"context"
	"errors"
	"time"

	"github.com/easel-live/easel/workspace/cloud"
)

// Errors of the Service.
var (
	ErrNotFound = errors.New("there is no such storage")
	ErrTaken    = errors.New("other storage has this name")
	ErrMany     = errors.New("too much storage is connected")
)

// most bounds a person's remotes.
const most = 100

// Remote is somebody's storage as it is kept.
type Remote struct {
	ID      string
	Owner   string
	Name    string // of the folder in sessions
	Kind    string // of rclone's
	Path    string // the folder there
	Sealed  string // its parameters
	Created time.Time
}

// Link is a remote in a session.
type Link struct {
	Remote
	Session string
	Paused  bool
	Limit   int // KiB a second; 0: no bound
}

// Store keeps remotes.
type Store interface {
	AddRemote(ctx context.Context, r Remote) error // ErrTaken
	Remote(ctx context.Context, owner, id string) (Remote, error)
	Remotes(ctx context.Context, owner string) ([]Remote, error)
	SealRemote(ctx context.Context, id, sealed string) error
	RemoveRemote(ctx context.Context, owner, id string) error
	Link(ctx context.Context, l Link) error
	Unlink(ctx context.Context, session, id string) error
	Links(ctx context.Context, session string) ([]Link, error)
}

// Vault seals.
type Vault interface {
	Seal(ctx context.Context, person, purpose string, plain []byte) (string, error)
	Open(ctx context.Context, person, purpose, sealed string) ([]byte, error)
}

// Agent is who syncs a session's remotes.
type Agent interface {
	SetClouds(ctx context.Context, remotes []cloud.Remote) error
	Clouds(ctx context.Context) ([]cloud.Status, error)
	TestCloud(ctx context.Context, r cloud.Remote) error
}

// Place is a session that is ready.
type Place struct {
	ID    string
	Owner string
	Agent Agent
}

// Shown is a remote of a session as people see it.
type Shown struct {
	Link
	Status cloud.Status
}
