//go:build losses

package e2e

import (
	"errors"
	"fmt"
	"image"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/easel-live/easel/bench/browser"
	"github.com/easel-live/easel/bench/instance"
	"github.com/easel-live/easel/bench/stats"
)

// deaths is how often each part is killed; EASEL_RUNS says otherwise.
func deaths() int {
	if n, err := strconv.Atoi(os.Getenv("EASEL_RUNS")); err == nil && n > 0 {
		return n
	}
	return 20
}

// The hand paints for so long before something dies, at least and at most, and
// never more strokes than there are lanes.
const (
	briefest, longest = 10 * time.Second, 50 * time.Second
	lanes             = 100
)

// painting is a hand that draws one stroke after the other.
type painting struct {
	pressed []time.Time // when each stroke began
	err     error
}

// work draws until stop is closed: strokes of half a second or so, between which
// the hand rests as long again, and for more than a second and a half now and then.
func work(b *browser.Browser, p browser.Picture, random *rand.Rand, stop <-chan struct{}) (done painting) {
	for n := range lanes {
		x0, y, x1 := lane(p, 0, n)
		done.pressed = append(done.pressed, time.Now())
		steps := []error{b.Move(x0, y, false), b.Press(x0, y)}
		pace := time.Duration(20+random.IntN(80)) * time.Millisecond
		for f := 1.0; f <= 6; f++ {
			time.Sleep(pace)
			steps = append(steps, b.Move(x0+(x1-x0)*f/6, y, true))
		}
		done.err = errors.Join(append(steps, b.Release(x1, y))...)
		rest := time.Duration(min(random.ExpFloat64(), 5) * float64(600*time.Millisecond))
		select {
		case <-stop:
			return done
		case <-time.After(rest):
		}
		if done.err != nil {
			return done
		}
	}
	return done
}

// death is one way to lose work: what kills, and what its user does to go on.
type death struct {
	name string
	kill func(*testing.T, *instance.Instance, instance.Session)
	back func(*testing.T, *instance.Instance, instance.Session, *browser.Browser) instance.Session
}

func ways() []death {
	dies := func(part string) func(*testing.T, *instance.Instance, instance.Session) {
		return func(t *testing.T, _ *instance.Instance, s instance.Session) { kill(t, s, part) }
	}
	return []death{
		{"GIMP", dies("gimp"), recovered},
		{"the agent", dies("easel-agent"), func(t *testing.T, _ *instance.Instance, s instance.Session, b *browser.Browser) instance.Session {
			pidOf(t, s, "easel-agent", 0)
			draws(t, b)
			return s
		}},
		{"the server", func(t *testing.T, inst *instance.Instance, _ instance.Session) {
			if err := inst.Kill(); err != nil {
				t.Fatal(err)
			}
		}, func(t *testing.T, inst *instance.Instance, s instance.Session, b *browser.Browser) instance.Session {
			says(t, b, "econnect")
			if err := inst.Restart(t.Context()); err != nil {
				t.Fatal(err)
			}
			draws(t, b)
			return s
		}},
		{"the session", func(_ *testing.T, _ *instance.Instance, s instance.Session) {
			for _, pid := range pidsOf(s) {
				_ = syscall.Kill(pid, syscall.SIGKILL) // it may have died of the death of another
			}
		}, recovered},
	}
}

// recovered opens what the new GIMP offers, where there was a copy.
func recovered(t *testing.T, inst *instance.Instance, s instance.Session, b *browser.Browser) (now instance.Session) {
	t.Helper()
	waitWindow(t, s, "canvas", false) // what the dead one leaves for a moment
	eventually(t, "GIMP is back", func() (err error) {
		if now, err = inst.Session(t.Context(), s.ID); err != nil {
			return err
		}
		return window(t, now, "GNU Image Manipulation Program", true)
	})
	if copies, _ := filepath.Glob(filepath.Join(s.Workspace, ".easel", "recovery", "*", "info.json")); len(copies) > 0 {
		says(t, b, "was open and not saved")
		choose(t, b, "Open")
		waitWindow(t, now, "recovered", true)
	}
	draws(t, b)
	return now
}

// survivors is how many strokes a picture has. Those that are not there must be
// the last.
func survivors(t *testing.T, img image.Image) int {
	t.Helper()
	strokes := blots(img)
	slices.SortFunc(strokes, func(a, b image.Rectangle) int { return a.Min.Y - b.Min.Y })
	row, top := 0, 0
	for i, box := range strokes {
		if i == 0 || box.Min.Y > top+box.Dy()/2 {
			if row%4 != 0 {
				t.Errorf("a row of %d strokes is followed by another: one in the middle is gone", row)
			}
			row, top = 0, box.Min.Y
		}
		row++
	}
	return len(strokes)
}

// lose paints, kills at a moment, comes back, and says how many seconds before the
// death the first stroke began that is not in the picture; none lost is 0.
func lose(t *testing.T, d death, random *rand.Rand) float64 {
	inst := serve(t)
	s := start(t, inst)
	owner := open(t, inst, s, "owner")
	openImage(t, owner, s, whitePNG(t, s, "canvas.png", 4000, 3000))
	pencil(t, owner)
	draws(t, owner)
	p := waitPicture(t, owner)
	moment := briefest + time.Duration(random.Int64N(int64(longest-briefest)))
	stop, done := make(chan struct{}), make(chan painting, 1)
	go func() { done <- work(owner, p, random, stop) }()
	time.Sleep(moment)
	killed := time.Now()
	d.kill(t, inst, s)
	close(stop)
	painted := <-done
	if painted.err != nil {
		t.Fatal(painted.err)
	}
	drawn := slices.DeleteFunc(painted.pressed, func(at time.Time) bool { return at.After(killed) })
	s = d.back(t, inst, s, owner)
	there := 0
	if window(t, s, "canvas", true) == nil {
		out := filepath.Join(s.Workspace, "out.png")
		export(t, owner, s, out)
		there = survivors(t, readPNG(t, out))
	}
	lost := 0.0
	if there < len(drawn) {
		lost = killed.Sub(drawn[there]).Seconds()
	}
	t.Logf("%s killed after %.1f s: %d of %d strokes are there, %.1f s of work lost", d.name, killed.Sub(drawn[0]).Seconds(), there, len(drawn), lost)
	return lost
}

// TestLosses says how many seconds of work are lost when something is killed at a
// random moment.
func TestLosses(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if n, err := strconv.ParseUint(os.Getenv("EASEL_SEED"), 10, 64); err == nil {
		seed = n
	}
	fmt.Printf("EASEL_SEED=%d\n", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	var out strings.Builder
	table := tabwriter.NewWriter(&out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "killed\tn\ts of work lost, p50\tmax\t")
	for _, d := range ways() {
		var lost []float64
		for i := range deaths() {
			t.Run(fmt.Sprintf("%s %d", d.name, i+1), func(t *testing.T) { lost = append(lost, lose(t, d, random)) })
		}
		sum := stats.Summarize(lost)
		fmt.Fprintf(table, "%s\t%d\t%.1f\t%.1f\t\n", d.name, sum.N, sum.P50, sum.Max)
		if sum.Max > 30 {
			t.Errorf("the death of %s cost %.1f s of work, want at most 30", d.name, sum.Max)
		}
	}
	if err := table.Flush(); err != nil {
		t.Fatal(err)
	}
	fmt.Print(out.String())
}
