package tools

import (
	"context"
	"log/slog"
	"slices"
	"time"
)

const (
	// maxPeople is how many people's tools are remembered.
	maxPeople = 64
	// patience is how long a handover may wait for GIMP. One that does not answer
	// does not hear of a press either, so a stroke that waits here loses nothing; and
	// the colours of a handover that was given up are mixed for good.
	patience = 5 * time.Second
)

// Box remembers each person's tools. Its methods are called by one goroutine at a
// time.
type Box struct {
	heed     func(context.Context) error
	exchange func(ctx context.Context, want string) (before, which string, err error)
	log      *slog.Logger

	own   map[string]string // state by person
	order []string          // those in own, who drew longest ago first
	hand  string            // whose tools are set now; "": nobody knows
	gimp  string            // which GIMP they are set in
}

// NewBox returns the box of the GIMP whose plug-in listens on a unix socket; heed
// waits until that GIMP has acted on all that was played.
func NewBox(socket string, heed func(context.Context) error, log *slog.Logger) *Box {
	return newBox(heed, gimp{socket}.exchange, log)
}

func newBox(heed func(context.Context) error, exchange func(context.Context, string) (string, string, error), log *slog.Logger) *Box {
	return &Box{heed: heed, exchange: exchange, log: log, own: make(map[string]string)}
}

// Pass has GIMP paint with a person's own tools from now on. Shared says that
// everybody paints with the same ones: then nothing changes.
func (b *Box) Pass(person string, shared bool) {
	before := b.hand
	b.hand = person
	if shared || person == before || before == "" && b.own[person] == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	start := time.Now()
	if err := b.heed(ctx); err != nil {
		b.log.Debug("tools not changed: GIMP is busy", "error", err)
		b.hand = ""
		return
	}
	state, which, err := b.exchange(ctx, b.own[person])
	if err != nil {
		b.log.Debug("tools not changed", "error", err)
		b.hand = ""
		return
	}
	// A GIMP that was started anew has nobody's tools.
	if before != "" && (which == b.gimp || b.gimp == "") {
		b.keep(before, state)
	}
	b.gimp = which
	b.log.Debug("tools changed hands", "took", time.Since(start))
}

// keep remembers a person's tools, and forgets whose are the oldest for them.
func (b *Box) keep(person, state string) {
	b.order = append(slices.DeleteFunc(b.order, func(p string) bool { return p == person }), person)
	b.own[person] = state
	for len(b.order) > maxPeople {
		delete(b.own, b.order[0])
		b.order = b.order[1:]
	}
}
