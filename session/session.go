package session

import (
	"errors"
	"slices"
	"time"
)

// State is where a session is in its life.
type State string

// The states, in order of life.
const (
	Requested State = "requested" // accepted, nothing runs yet
	Starting  State = "starting"  // its steps are under way
	Ready     State = "ready"     // people can paint
	Failed    State = "failed"    // given up; Reason says why; nothing runs
	Ended     State = "ended"     // ended on request; nothing runs
)

// StepState is how far a step is.
type StepState string

// The states of a step. A done step goes back to active when its part is
// restarted.
const (
	Pending    StepState = "pending"
	Active     StepState = "active"
	Done       StepState = "done"
	StepFailed StepState = "failed"
)

// StreamStep is the name of the step that is done while the session's agent
// publishes the display. Every launcher's plan ends with it; the Service sets
// it, since only the room knows.
const StreamStep = "stream"

// Step is a part of starting a session that people are shown.
type Step struct {
	Name  string    `json:"name"`  // a word for programs
	Title string    `json:"title"` // a few words for people
	State StepState `json:"state"`
}

// Session is a session as it stands at one moment.
type Session struct {
	ID        string
	Name      string // what people call it
	Room      string // the room its display is shown in
	Owner     string // account it belongs to
	State     State
	Reason    string // why it failed, as a sentence a person can act on
	Waits     string // what a start waits for that is not its own, as a sentence
	CreatedAt time.Time
	Steps     []Step
	Display   string // the X display of a local session, ":7"
	Workspace string // the folder GIMP's dialogs open in
}

// Wish is what somebody wants a session to be.
type Wish struct {
	// ID is the session's, of NewID; that of one that is over starts it again
	// on its workspace.
	ID    string
	Name  string // empty: one is made up
	Owner string
	Size  string
	Quota int64 // bytes; 0: as much as the launcher allows
}

// Alive says whether anything of the session runs or will run.
func (s Session) Alive() bool { return s.State != Failed && s.State != Ended }

func (s Session) clone() Session {
	s.Steps = slices.Clone(s.Steps)
	return s
}

// Errors of the Service, wrapped with what was asked.
var (
	ErrNotFound = errors.New("no such session")
	ErrTooMany  = errors.New("too many sessions")
	ErrRuns     = errors.New("the session runs already")
	ErrClosed   = errors.New("the server is shutting down")
)
