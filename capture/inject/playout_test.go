package inject

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/easel-live/easel/wire"
)

const ms = time.Millisecond

// dues are when events are due that were made and arrived at given times, in
// milliseconds.
func dues(s *spacing, made, arrived []float64) []float64 {
	var due []float64
	for i := range made {
		d := s.next(uint32(made[i]*10), time.Duration(arrived[i]*float64(ms)))
		due = append(due, float64(d)/float64(ms))
	}
	return due
}

func TestSpacing(t *testing.T) {
	for name, c := range map[string]struct{ made, arrived, want []float64 }{
		"on time, nothing is added":       {[]float64{0, 8, 16}, []float64{50, 58, 66}, []float64{50, 58, 66}},
		"a bunch keeps its distances":     {[]float64{0, 2, 4, 6}, []float64{50, 50, 50, 50}, []float64{50, 52 - 2./32, 54 - 2./32 - (4-2./32)/32, 0}},
		"late ones shift those after":     {[]float64{0, 4, 8}, []float64{50, 60, 60}, []float64{50, 60, 64 - 4./32}},
		"never more than the bound":       {[]float64{0, 40, 80}, []float64{50, 50, 50}, []float64{50, 62, 62}},
		"after a pause, at once":          {[]float64{0, 5, 300}, []float64{50, 50, 345}, []float64{50, 55 - 5./32, 345}},
		"after a stall, at once":          {[]float64{0, 5, 10}, []float64{50, 55, 500}, []float64{50, 55, 500}},
		"a clock turned back means a new": {[]float64{100, 5, 10}, []float64{50, 55, 60}, []float64{50, 55, 60}},
	} {
		got := dues(new(spacing), c.made, c.arrived)
		for i := range got {
			if c.want[i] != 0 && max(got[i]-c.want[i], c.want[i]-got[i]) > 0.01 {
				t.Errorf("%s: due %v, want %v", name, got, c.want)
				break
			}
		}
	}
}

// Whatever arrives when, events are due in order, never before they arrived and
// never later than the bound after.
func TestSpacingBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s spacing
		var now, last time.Duration
		for range rapid.IntRange(1, 100).Draw(t, "events") {
			now += time.Duration(rapid.Int64Range(0, int64(200*ms)).Draw(t, "wait"))
			due := s.next(rapid.Uint32().Draw(t, "made"), now)
			if due < now || due < last || due > now+maxLag {
				t.Fatalf("due %v at %v, after %v", due, now, last)
			}
			last = due
		}
	})
}

// notes are when what was played.
type notes struct {
	start time.Time
	at    []time.Duration
	xs    []uint16
	flush int
}

func (n *notes) Event(e *wire.Event) {
	n.at, n.xs = append(n.at, time.Since(n.start)), append(n.xs, e.X)
}
func (n *notes) Flush() error { n.flush++; return nil }

func TestPlayoutKeepsTheHandsPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &notes{start: time.Now()}
		var told []uint32
		p := NewPlayout(n, func(at Stamp) { told = append(told, at.Sequence) }, func(error) {})
		defer p.Close()
		for i := range uint32(4) {
			p.Play(Stamp{Generation: 1, Sequence: i + 1, Sent: 1000 + 20*i}, &wire.Event{Kind: wire.Move, X: uint16(i)})
		}
		p.Play(Stamp{Generation: 1}, &wire.Event{Kind: wire.ReleaseAll, X: 9})
		p.Sync()
		if !slices.Equal(n.xs, []uint16{0, 1, 2, 3, 9}) || !slices.Equal(told, []uint32{1, 2, 3, 4}) {
			t.Fatalf("played %v, told of %v", n.xs, told)
		}
		for i := range 4 {
			want := time.Duration(i) * 2 * ms
			if d := n.at[i] - want; d > 0 || d < -ms {
				t.Errorf("event %d at %v, want about %v", i, n.at[i], want)
			}
		}
	})
}

// What has to wait for something to be done keeps its distances, and catches up.
func TestAWaitDoesNotSqueezeAStroke(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &notes{start: time.Now()}
		p := NewPlayout(n, func(Stamp) {}, func(error) {})
		defer p.Close()
		const wait, moves = 300 * ms, 400
		p.Do(func() { time.Sleep(wait) })
		for i := range uint32(moves) {
			p.Play(Stamp{Generation: 1, Sequence: i + 1, Sent: 1000 + 20*i}, &wire.Event{Kind: wire.Move, X: uint16(i)})
			time.Sleep(2 * ms)
		}
		p.Sync()
		if n.at[0] != wait {
			t.Errorf("the first move at %v, want %v", n.at[0], wait)
		}
		for i := 1; i < moves; i++ {
			if apart := n.at[i] - n.at[i-1]; apart < ms || apart > 2*ms {
				t.Errorf("moves %d and %d are %v apart", i-1, i, apart)
			}
		}
		if late := n.at[moves-1] - (moves-1)*2*ms; late > 2*ms {
			t.Errorf("the last move is still %v late", late)
		}
		time.Sleep(pause)
		p.Play(Stamp{Generation: 1, Sequence: moves + 1, Sent: 9000}, &wire.Event{Kind: wire.Move})
		asked := time.Since(n.start)
		p.Sync()
		if late := n.at[moves] - asked; late > 0 {
			t.Errorf("after a pause, a move is %v late", late)
		}
	})
}

func TestPlayoutEndsInTheMiddle(t *testing.T) {
	p := NewPlayout(&notes{}, func(Stamp) {}, func(error) {})
	for i := range uint32(10) {
		p.Play(Stamp{Generation: 1, Sequence: i + 1, Sent: 900 * i}, &wire.Event{Kind: wire.Move})
	}
	p.Close()
	p.Sync()
}

func BenchmarkPlayout(b *testing.B) {
	p := NewPlayout(discard{}, func(Stamp) {}, func(error) {})
	defer p.Close()
	e := &wire.Event{Kind: wire.Move}
	b.ReportAllocs()
	for n := uint32(1); b.Loop(); n++ {
		p.Play(Stamp{Generation: 1, Sequence: n}, e)
	}
	p.Sync()
}

// discard plays nothing.
type discard struct{}

func (discard) Event(*wire.Event) {}
func (discard) Flush() error      { return nil }
