package lines

import (
	"context"
	"time"

	"github.com/easel-live/easel/bench/browser"
	"github.com/easel-live/easel/bench/relay"
)

// Viewer is a page whose picture is watched.
type Viewer interface {
	Watch() error
	Watched() ([]browser.Shot, error)
	Transport() (browser.Transport, error)
}

// Way is what the viewer's media goes through.
type Way interface {
	Change(up, down relay.Conditions) error
}

// Times around the bad part of a line.
const (
	before = 4 * time.Second
	after  = 15 * time.Second
	// sampleEvery is how often the bytes received are asked for.
	sampleEvery = 250 * time.Millisecond
)

// Run watches a viewer, whose picture moves all the time, while its line changes.
func Run(ctx context.Context, viewer Viewer, way Way, l Line) (*Record, error) {
	if err := way.Change(relay.Conditions{}, l.Good); err != nil {
		return nil, err
	}
	// What it took to settle on the good line is not watched.
	if err := sleep(ctx, before); err != nil {
		return nil, err
	}
	if err := viewer.Watch(); err != nil {
		return nil, err
	}
	r := &Record{Began: time.Now()}
	if err := r.sample(ctx, viewer, before); err != nil {
		return nil, err
	}
	r.Changed = time.Now()
	if err := way.Change(l.Up, l.Down); err != nil {
		return nil, err
	}
	if err := r.sample(ctx, viewer, l.Bad); err != nil {
		return nil, err
	}
	r.Restored = time.Now()
	if err := way.Change(relay.Conditions{}, l.Good); err != nil {
		return nil, err
	}
	if err := r.sample(ctx, viewer, after); err != nil {
		return nil, err
	}
	shots, err := viewer.Watched()
	if err != nil {
		return nil, err
	}
	r.Ended = time.Now()
	for _, s := range shots {
		r.Frames = append(r.Frames, Frame{At: s.Time(), Width: s.Width, Height: s.Height})
	}
	return r, nil
}

// sample asks for the bytes received, for a while.
func (r *Record) sample(ctx context.Context, viewer Viewer, d time.Duration) error {
	for end := time.Now().Add(d); time.Now().Before(end); {
		if err := sleep(ctx, min(sampleEvery, time.Until(end))); err != nil {
			return err
		}
		t, err := viewer.Transport()
		if err != nil {
			return err
		}
		if t.Bytes > 0 {
			r.Samples = append(r.Samples, Sample{At: time.Now(), Bytes: t.Bytes})
		}
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
