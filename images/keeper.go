package images

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/easel-live/easel/workspace"
)

const (
	// lookEvery is how often the hand is looked at, and GIMP asked if it moved;
	// lookSoon while a copy is overdue, so as to find the moment between two strokes.
	lookEvery, lookSoon = time.Second, 100 * time.Millisecond
	// rest is how long a hand that has only paused rests; when a copy is late, a
	// shorter pause has to do, and at last any moment without a button held.
	rest, shortRest = 1500 * time.Millisecond, 300 * time.Millisecond
	late, overdue   = 12 * time.Second, 22 * time.Second
	// Between two copies of an image lies at least the shorter of these times,
	// at most the longer, else as much as keeps GIMP free 98% of the time.
	soonest, latest, share = 4 * time.Second, 20 * time.Second, 50
	// askPatience bounds an answer of GIMP's, who may be busy with a filter, and
	// copyPatience one that comes with a whole image written.
	askPatience, copyPatience = 20 * time.Second, 2 * time.Minute
	// maxExports is how many exports are remembered.
	maxExports = 20
)

// Config is what a Keeper needs.
type Config struct {
	GIMP  GIMP
	Hand  Hand
	Files *workspace.Workspace
	Dir   string // the workspace's folder, as GIMP knows it
	Log   *slog.Logger
}

// Keeper keeps copies of what is open and not saved.
type Keeper struct {
	cfg Config

	mu      sync.Mutex
	pid     int // of the GIMP that answered last, 0 before the first
	open    []Image
	exports []Export
	seq     int

	// What follows belongs to Run.
	looked time.Time            // when GIMP was last asked
	files  map[string]time.Time // exported files, by path, with their time
	kept   map[int]*kept        // images of the present GIMP
}

// kept is what is known of an image's copies.
type kept struct {
	copied  time.Time     // when the last copy was begun, zero before the first
	waiting time.Time     // when the first change since was seen
	took    time.Duration // the last copy
}

// Export is a file that GIMP wrote.
type Export struct {
	Seq  int       `json:"seq"` // grows by one with each
	Path string    `json:"path"`
	At   time.Time `json:"at"`
}

// NewKeeper makes a Keeper; Run keeps.
func NewKeeper(cfg Config) *Keeper {
	return &Keeper{cfg: cfg, files: make(map[string]time.Time), kept: make(map[int]*kept)}
}

// Run keeps until ctx ends, and then, while GIMP answers, once more what has
// changed since.
func (k *Keeper) Run(ctx context.Context) {
	again := time.NewTicker(lookEvery)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastPatience)
			defer cancel()
			k.finish(last)
			return
		case <-again.C:
			k.look(ctx, time.Now())
			again.Reset(k.pace(time.Now()))
		}
	}
}

// lastPatience is how long ending may take for the last copies.
const lastPatience = 6 * time.Second

// look does what is to be done now. What fails is tried again at the next look.
func (k *Keeper) look(ctx context.Context, now time.Time) {
	idle, held, err := k.cfg.Hand.Idle()
	if err != nil {
		return
	}
	moved := now.Add(-idle)
	// GIMP is asked while something may have changed, and now and then: filters
	// go on when nobody moves.
	if !k.looked.IsZero() && moved.Before(k.looked.Add(-lookEvery)) && now.Sub(k.looked) < 5*lookEvery && !k.owing() {
		return
	}
	if held {
		k.note(moved, now)
		return
	}
	if err := k.refresh(ctx, now); err != nil {
		return
	}
	k.note(moved, now)
	for _, image := range k.open {
		if s := k.kept[image.ID]; s != nil && due(*s, now, idle) {
			k.copy(ctx, image)
		}
	}
}

// pace is how soon to look again.
func (k *Keeper) pace(now time.Time) time.Duration {
	for _, s := range k.kept {
		if due(*s, now, 0) {
			return lookSoon
		}
	}
	return lookEvery
}

// owing says whether a copy is to be made.
func (k *Keeper) owing() bool {
	for _, s := range k.kept {
		if !s.waiting.IsZero() {
			return true
		}
	}
	return false
}

// due says whether an image that has changed gets its copy now that no button
// is held.
func due(s kept, now time.Time, idle time.Duration) bool {
	if s.waiting.IsZero() {
		return false
	}
	if pause := min(max(s.took*share, soonest), latest); now.Sub(s.copied) < pause {
		return false
	}
	waited := now.Sub(s.waiting)
	return idle >= rest || waited >= late && idle >= shortRest || waited >= overdue
}

// refresh asks what is open.
func (k *Keeper) refresh(ctx context.Context, now time.Time) error {
	asking, cancel := context.WithTimeout(ctx, askPatience)
	defer cancel()
	open, pid, err := k.cfg.GIMP.List(asking)
	if err != nil {
		return err
	}
	k.looked = now
	k.mu.Lock()
	defer k.mu.Unlock()
	if pid != k.pid {
		clear(k.kept) // another GIMP numbers its images anew
	}
	k.pid, k.open = pid, open
	there := make(map[int]bool)
	for _, image := range open {
		there[image.ID] = image.Dirty
		k.exported(image, now)
	}
	for id := range k.kept {
		if !there[id] { // saved, or closed by who knew what that means
			delete(k.kept, id)
			if err := k.cfg.Files.Forget(k.copyID(id)); err != nil {
				k.cfg.Log.Warn("a copy stays", "error", err)
			}
		}
	}
	return nil
}

// note remembers which images may have changed: all that are dirty, if a hand
// moved since their copy was begun.
func (k *Keeper) note(moved, now time.Time) {
	for _, image := range k.open {
		if !image.Dirty {
			continue
		}
		s := k.kept[image.ID]
		if s == nil {
			s = &kept{waiting: now}
			k.kept[image.ID] = s
		}
		if moved.After(s.copied) {
			if s.waiting.IsZero() {
				s.waiting = now
			}
			k.cfg.Files.Changed(k.copyID(image.ID), moved)
		}
	}
}

func (k *Keeper) copyID(image int) string { return fmt.Sprintf("%d-%d", k.pid, image) }

// copy makes a copy of an image.
func (k *Keeper) copy(ctx context.Context, image Image) {
	s, id, began := k.kept[image.ID], k.copyID(image.ID), time.Now()
	err := k.write(ctx, image, id, began)
	s.copied, s.took = began, time.Since(began)
	if err != nil {
		k.cfg.Log.Warn("no copy of an image", "image", image.Name, "error", err)
		return
	}
	s.waiting = time.Time{}
	k.cfg.Log.Debug("image copied", "image", image.Name, "took", s.took)
}

func (k *Keeper) write(ctx context.Context, image Image, id string, began time.Time) error {
	path, err := k.cfg.Files.CopyPath(id)
	if err != nil {
		return err
	}
	copying, cancel := context.WithTimeout(ctx, copyPatience)
	defer cancel()
	if err := k.cfg.GIMP.Copy(copying, image.ID, path); err != nil {
		return err
	}
	return k.cfg.Files.Keep(workspace.Copy{
		ID: id, Name: image.title(), Path: k.inside(image.source()),
		Width: image.Width, Height: image.Height, Saved: began.UTC(), Changed: began.UTC(),
	})
}

// finish copies what has changed since its last copy.
func (k *Keeper) finish(ctx context.Context) {
	now := time.Now()
	idle, _, err := k.cfg.Hand.Idle()
	if err != nil || k.refresh(ctx, now) != nil {
		return
	}
	k.note(now.Add(-idle), now)
	for _, image := range k.open {
		if s := k.kept[image.ID]; s != nil && !s.waiting.IsZero() {
			k.copy(ctx, image)
		}
	}
}

// exported notices that a file was exported; the caller holds mu.
func (k *Keeper) exported(image Image, now time.Time) {
	if image.Exported == "" {
		return
	}
	info, err := os.Stat(image.Exported)
	if err != nil || info.ModTime().Equal(k.files[image.Exported]) {
		return
	}
	before, known := k.files[image.Exported]
	k.files[image.Exported] = info.ModTime()
	path := k.inside(image.Exported)
	// A Keeper that has just begun does not know what is news.
	if path == "" || !known && now.Sub(info.ModTime()) > time.Minute || known && !info.ModTime().After(before) {
		return
	}
	k.seq++
	k.exports = append(k.exports, Export{Seq: k.seq, Path: path, At: info.ModTime().UTC()})
	k.exports = k.exports[max(0, len(k.exports)-maxExports):]
}

// inside is a file's path in the workspace, "" for files elsewhere.
func (k *Keeper) inside(file string) string {
	path, err := filepath.Rel(k.cfg.Dir, file)
	if file == "" || err != nil || !filepath.IsLocal(path) || strings.HasPrefix(path, ".") {
		return ""
	}
	return path
}

// source is the file that an image is of.
func (i Image) source() string {
	for _, file := range []string{i.File, i.Imported, i.Exported} {
		if file != "" {
			return file
		}
	}
	return ""
}

// title is what to call an image.
func (i Image) title() string {
	if source := i.source(); source != "" {
		return filepath.Base(source)
	}
	return "Untitled"
}
