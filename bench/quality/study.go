package quality

import (
	"context"
	"errors"
	"fmt"
	"image"
	"math/rand/v2"
	"time"

	"github.com/easel-live/easel/bench/browser"
	"github.com/easel-live/easel/bench/cost"
	"github.com/easel-live/easel/bench/gimp"
	"github.com/easel-live/easel/bench/machine"
)

// ErrNoFrame means that the viewer showed nothing while it was looked at.
var ErrNoFrame = errors.New("quality: the viewer showed no frame")

// Viewer is a page that shows the screen.
type Viewer interface {
	cost.Receiver
	Record(gap time.Duration) error
	Recorded() ([]browser.Shot, error)
	Pixels(i int, s browser.Shot) (*image.RGBA, error)
}

// Truth is the screen itself.
type Truth interface {
	cost.Hand
	Grab() (*image.RGBA, error)
}

// Options of a study.
type Options struct {
	Samples int           // moments of the movement that are looked at
	Rounds  int           // times that the picture comes to rest
	Rest    time.Duration // how long each time
	Idle    time.Duration // nothing happens, for processor time and bit rate
	Active  time.Duration // painting without a look, for the same
	// Shown is how long the last frames of a movement may take to the viewer.
	Shown time.Duration
}

// Study is one viewer of one painted screen.
type Study struct {
	Viewer      Viewer
	Screen      Truth
	Application []machine.Process // what draws: stopped while it is looked at
	Spots       []gimp.Spot       // where to paint
	Parts       cost.Parts        // whose processor time counts
	Encoder     string            // the part that grabs and encodes
	Options     Options
}

// moment is one look at screen and viewer.
type moment struct {
	truth *image.RGBA
	shown *image.RGBA
	Likeness
}

// Run paints, looks and gives the figures.
func (s *Study) Run(ctx context.Context) (_ *Result, err error) {
	r := &Result{}
	before, err := s.Screen.Grab()
	if err != nil {
		return nil, err
	}
	r.Idle, err = cost.During(ctx, s.Parts, s.Viewer, func(ctx context.Context) error {
		return cost.Rest(ctx, s.Options.Idle)
	})
	if err != nil {
		return nil, err
	}
	hand := paint(ctx, s.Screen, s.Spots)
	defer func() {
		if ended := hand.end(); err == nil {
			err = ended
		}
	}()
	r.Active, err = cost.During(ctx, s.Parts, s.Viewer, func(ctx context.Context) error {
		return cost.Rest(ctx, s.Options.Active)
	})
	if err != nil {
		return nil, err
	}
	for range s.Options.Samples {
		// Long enough to be in full movement again, at any phase of any clock.
		if err := cost.Rest(ctx, time.Second+rand.N(500*time.Millisecond)); err != nil {
			return nil, err
		}
		m, err := s.moving(ctx, hand)
		if err != nil {
			return nil, err
		}
		r.moving = append(r.moving, m)
	}
	for range s.Options.Rounds {
		if err := cost.Rest(ctx, time.Second); err != nil {
			return nil, err
		}
		round, err := s.resting(ctx, hand)
		if err != nil {
			return nil, err
		}
		r.rounds = append(r.rounds, round)
	}
	r.CPUActive, r.CPUIdle = r.Active.CPU[s.Encoder], r.Idle.CPU[s.Encoder]
	r.painted = Changed(before, r.rounds[len(r.rounds)-1].last.truth)
	r.summarize()
	return r, nil
}

// hold stops hand and application, does the work and lets them go on.
func (s *Study) hold(hand *painter, work func(stopped time.Time) error) (err error) {
	hand.gate.Lock()
	defer hand.gate.Unlock()
	defer func() {
		for _, p := range s.Application {
			err = errors.Join(err, p.Thaw())
		}
	}()
	for _, p := range s.Application {
		if err := p.Freeze(); err != nil {
			return err
		}
	}
	return work(time.Now())
}

// moving looks at a stroke under way.
func (s *Study) moving(ctx context.Context, hand *painter) (best moment, err error) {
	if err := s.Viewer.Record(0); err != nil {
		return moment{}, err
	}
	err = s.hold(hand, func(time.Time) error {
		if err := cost.Rest(ctx, s.Options.Shown); err != nil {
			return err
		}
		shots, err := s.Viewer.Recorded()
		if err != nil {
			return err
		}
		truth, err := s.Screen.Grab()
		if err != nil {
			return err
		}
		best = moment{truth: truth, Likeness: Likeness{PSNR: -1}}
		for i, shot := range shots {
			shown, err := s.Viewer.Pixels(i, shot)
			if err != nil {
				return err
			}
			if l := Compare(truth, shown, truth.Rect); l.PSNR > best.PSNR {
				best = moment{truth, shown, l}
			}
		}
		if best.shown == nil {
			return ErrNoFrame
		}
		return nil
	})
	return best, err
}

// round is one time that the picture came to rest.
type round struct {
	steps []Step
	last  moment
	kbits float64 // received meanwhile
}

// recordEvery is how often a picture that comes to rest is looked at.
const recordEvery = 40 * time.Millisecond

func (s *Study) resting(ctx context.Context, hand *painter) (r round, err error) {
	if err := s.Viewer.Record(recordEvery); err != nil {
		return r, err
	}
	err = s.hold(hand, func(stopped time.Time) error {
		before, err := s.Viewer.Transport()
		if err != nil {
			return err
		}
		if err := cost.Rest(ctx, s.Options.Rest); err != nil {
			return err
		}
		shots, err := s.Viewer.Recorded()
		if err != nil {
			return err
		}
		after, err := s.Viewer.Transport()
		if err != nil {
			return err
		}
		r.kbits = float64(after.Bytes-before.Bytes) * 8 / 1000
		truth, err := s.Screen.Grab()
		if err != nil {
			return err
		}
		if len(shots) == 0 {
			return ErrNoFrame
		}
		for i, shot := range shots {
			shown, err := s.Viewer.Pixels(i, shot)
			if err != nil {
				return fmt.Errorf("quality: frame %d of %d: %w", i, len(shots), err)
			}
			l := Compare(truth, shown, truth.Rect)
			r.steps = append(r.steps, Step{After: shot.Time().Sub(stopped), Likeness: l})
			r.last = moment{truth, shown, l}
		}
		return nil
	})
	return r, err
}
