package collab

import (
	"time"

	"github.com/easel-live/easel/internal/room"
)

// How long things take. Deadlines are told by Deadline and kept by Tick.
const (
	// Linger is how long after the last button and key an open canvas stays its
	// holder's: a double click is one thing.
	Linger = 400 * time.Millisecond
	// OpenPatience is how long somebody waits for an open canvas before the end
	// of a stroke passes it on without lingering.
	OpenPatience = 2 * time.Second
	// Reserve is how long an open canvas waits for the first stroke of whom it
	// was handed to.
	Reserve = 3 * time.Second
	// IdleAfter is how long a holder may be quiet, with nothing pressed, while
	// others could draw.
	IdleAfter = 30 * time.Second
	// AskPatience is how long a wish waits for an answer.
	AskPatience = 20 * time.Second
	// DenyPause is how long somebody who was denied may not ask again.
	DenyPause = 10 * time.Second
	// Grace is how long a holder whose connection was lost keeps the canvas.
	Grace = 3 * time.Second
	// StuckAfter is how long something may be pressed without a sign of life.
	StuckAfter = 60 * time.Second
)

// terms are a policy's figures.
type terms struct {
	linger   time.Duration // quiet before others may draw
	reserve  time.Duration // the same, before the first input of a tenure
	patience time.Duration // waiting before quiet is not needed any more
}

func termsOf(p room.Policy) terms {
	if p == room.Open {
		return terms{linger: Linger, reserve: Reserve, patience: OpenPatience}
	}
	return terms{linger: IdleAfter, reserve: IdleAfter, patience: AskPatience}
}
