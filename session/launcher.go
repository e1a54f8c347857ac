package session

import (
	"context"
	"time"
)

// Spec is what a launcher must know to start a session.
type Spec struct {
	ID        string
	Name      string
	Room      string
	Owner     string // account it belongs to; empty for one of before there were accounts
	Size      string // size class of its plan, such as "standard"; empty: the launcher's own
	Quota     int64  // bytes that its files may take by its plan; 0: as much as the launcher allows
	CreatedAt time.Time
}

// Launcher starts sessions and keeps them running: the port to processes here
// or pods there.
type Launcher interface {
	// Plan names the steps of a start in order, the last one StreamStep.
	Plan() []Step
	// Launch begins a session and returns at once; progress goes to obs, from
	// another goroutine.
	Launch(spec Spec, obs Observer) Run
	// Adopt finds the sessions that outlived an earlier server and takes them
	// over, calling found for each before its first progress; it ends what it
	// cannot take over.
	Adopt(ctx context.Context, found func(Spec) Observer) (map[string]Run, error)
}

// Run is a launched session.
type Run interface {
	// End stops everything of the session and returns when nothing is left,
	// or, with ctx's error, when ctx ends first. It may be called again.
	End(ctx context.Context) error
}

// Witness is a Run that keeps, where others see it, when somebody was last there.
type Witness interface {
	// Seen says when somebody last came, went or drew. It must not block.
	Seen(at time.Time)
}

// Observer is told how a session fares. Calls for a session come one at a
// time and never after Failed.
type Observer interface {
	Step(name string, state StepState)
	// Placed says where the session's display and workspace are.
	Placed(display, workspace string)
	// Waits says what a start waits for that is not its own, as a sentence; the
	// next step that is done unsays it.
	Waits(text string)
	// Notice is something the people in the room should know: a word for
	// programs and a sentence for people.
	Notice(code, text string)
	// Failed says that the launcher gave up and that nothing runs any more.
	Failed(reason error)
}

// Notifier tells the people in a room something: a word for programs and a
// sentence for people. It must not block.
type Notifier func(room, code, text string)
