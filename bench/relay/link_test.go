package relay

import (
	"errors"
	"math"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const ms = time.Millisecond

func TestAPlainLinkPassesAtOnce(t *testing.T) {
	l := NewLink(Conditions{}, 1)
	for i := range 100 {
		now := time.Duration(i) * ms
		if at, ok := l.Send(now, 1200); !ok || at != now {
			t.Fatalf("sent at %v, arrives at %v, %v", now, at, ok)
		}
	}
}

func TestLossIsAShare(t *testing.T) {
	l := NewLink(Conditions{Loss: 0.05}, 42)
	for i := range 20000 {
		l.Send(time.Duration(i)*ms, 1200)
	}
	if got := float64(l.Verdict().Lost) / 20000; math.Abs(got-0.05) > 0.005 {
		t.Errorf("lost %v", got)
	}
}

func TestRateSpacesPackets(t *testing.T) {
	l := NewLink(Conditions{Rate: 1_000_000, Delay: 10 * ms}, 1)
	for i := range 5 { // 1,250 bytes take 10 ms
		if at, ok := l.Send(0, 1250); !ok || at != time.Duration(i+2)*10*ms {
			t.Errorf("packet %d arrives at %v, %v", i, at, ok)
		}
	}
	if at, _ := l.Send(time.Second, 1250); at != time.Second+20*ms {
		t.Errorf("after a pause: %v", at)
	}
}

func TestQueueIsBounded(t *testing.T) {
	l := NewLink(Conditions{Rate: 1_000_000, Queue: 5000}, 1)
	passed := 0
	for range 20 {
		if _, ok := l.Send(0, 1250); ok {
			passed++
		}
	}
	if passed != 4 || l.Verdict().Queued != 16 {
		t.Errorf("%d passed, %+v", passed, l.Verdict())
	}
	if _, ok := l.Send(10*ms, 1250); !ok {
		t.Error("no room although one has left")
	}
}

func TestScheduleChangesTheRateOfAPacketUnderWay(t *testing.T) {
	l := NewLink(Conditions{Rate: 1_000_000, Schedule: []Step{{5 * ms, 500_000}, {time.Second, 0}}}, 1)
	// Half of the 10,000 bits at 1 Mb/s by 5 ms, the rest at half of that.
	if at, _ := l.Send(0, 1250); at != 15*ms {
		t.Errorf("arrives at %v", at)
	}
	if at, _ := l.Send(2*time.Second, 1250); at != 2*time.Second {
		t.Errorf("unlimited: arrives at %v", at)
	}
}

func TestOutage(t *testing.T) {
	l := NewLink(Conditions{Outages: []Outage{{time.Second, 3 * time.Second}}}, 1)
	for at, want := range map[time.Duration]bool{999 * ms: true, time.Second: false, 2999 * ms: false, 3 * time.Second: true} {
		if _, ok := l.Send(at, 100); ok != want {
			t.Errorf("at %v: %v", at, ok)
		}
	}
}

func TestReorderHoldsSomeBack(t *testing.T) {
	l := NewLink(Conditions{Reorder: 0.2, ReorderBy: 5 * ms}, 3)
	overtaken := 0
	last := time.Duration(0)
	for i := range 1000 {
		at, _ := l.Send(time.Duration(i)*ms, 100)
		if at < last {
			overtaken++
		}
		last = at
	}
	if overtaken < 100 || overtaken > 300 {
		t.Errorf("%d of 1000 overtook", overtaken)
	}
}

func TestSameSeedSameFate(t *testing.T) {
	c := Conditions{Loss: 0.3, Jitter: 20 * ms, Reorder: 0.1, ReorderBy: ms, Rate: 5e6}
	a, b := NewLink(c, 9), NewLink(c, 9)
	for i := range 1000 {
		at1, ok1 := a.Send(time.Duration(i)*ms, 1000)
		at2, ok2 := b.Send(time.Duration(i)*ms, 1000)
		if at1 != at2 || ok1 != ok2 {
			t.Fatalf("packet %d: %v %v and %v %v", i, at1, ok1, at2, ok2)
		}
	}
}

func TestNothingArrivesEarlyOrOutOfOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		l := NewLink(Conditions{
			Delay:  time.Duration(rapid.IntRange(0, 100).Draw(rt, "delay")) * ms,
			Jitter: time.Duration(rapid.IntRange(0, 100).Draw(rt, "jitter")) * ms,
			Loss:   rapid.Float64Range(0, 1).Draw(rt, "loss"),
			Rate:   rapid.IntRange(0, 10_000_000).Draw(rt, "rate"),
			Queue:  rapid.IntRange(0, 100_000).Draw(rt, "queue"),
		}, rapid.Uint64().Draw(rt, "seed"))
		now, last := time.Duration(0), time.Duration(0)
		for range 200 {
			now += time.Duration(rapid.IntRange(0, 5).Draw(rt, "gap")) * ms
			at, ok := l.Send(now, rapid.IntRange(1, 1500).Draw(rt, "size"))
			if ok && (at < now+l.c.Delay || at < last) {
				rt.Fatalf("sent at %v, arrives at %v after one at %v", now, at, last)
			}
			if ok {
				last = at
			}
		}
	})
}

func TestBadConditions(t *testing.T) {
	for _, c := range []Conditions{
		{Delay: -1}, {Loss: 1.5}, {Reorder: -0.1}, {Rate: -1}, {Queue: -1},
		{Schedule: []Step{{time.Second, 1}, {0, 1}}}, {Outages: []Outage{{2, 1}}},
	} {
		if err := c.Check(); !errors.Is(err, ErrConditions) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
