package estimate

import (
	"testing"
	"time"
)

var epoch = time.Unix(1_700_000_000, 0)

// stream sends and reports on a steady stream of bitsPerSecond, of which
// received tells what arrives, 100 ms at a time.
type stream struct {
	e        *Estimator
	now      time.Time
	sequence uint16
	f        Feedback
	trip     time.Duration
}

func (s *stream) run(d time.Duration, bitsPerSecond int, received func(sequence uint16) bool, heard bool) {
	gap := time.Duration(1200 * 8 * int(time.Second) / bitsPerSecond)
	next := s.now
	for end := s.now.Add(d); s.now.Before(end); {
		s.f.Statuses = s.f.Statuses[:0]
		for until := s.now.Add(100 * time.Millisecond); next.Before(until); next = next.Add(gap) {
			s.sequence++
			s.e.Sent(Packet{Sequence: s.sequence, Bytes: 1200, Sent: next})
			s.f.Statuses = append(s.f.Statuses, Status{
				Sequence: s.sequence, Received: received(s.sequence), Arrival: (next.Sub(epoch) + s.trip) % Wrap,
			})
		}
		s.now = s.now.Add(100 * time.Millisecond)
		if heard {
			s.e.Feedback(s.now.Add(40*time.Millisecond), &s.f)
		}
		s.e.Advance(s.now.Add(50 * time.Millisecond))
	}
}

func all(uint16) bool { return true }

func newStream() *stream {
	return &stream{e: New(Config{Min: 50_000, Max: 20_000_000, Start: 1_000_000}, epoch), now: epoch, trip: 20 * time.Millisecond}
}

// TestGrowthFollowsWhatArrives: a source that sends little raises the estimate
// to half as much again, and no further.
func TestGrowthFollowsWhatArrives(t *testing.T) {
	s := newStream()
	s.run(30*time.Second, 2_000_000, all, true)
	if got := s.e.Estimate().BitsPerSecond; got < 2_500_000 || got > 3_200_000 {
		t.Errorf("%d for 2 Mb/s that arrive", got)
	}
}

func TestMissingFeedbackStalls(t *testing.T) {
	s := newStream()
	s.run(5*time.Second, 1_000_000, all, true)
	before := s.e.Estimate().BitsPerSecond
	s.run(4*time.Second, 1_000_000, all, false)
	if got := s.e.Estimate(); got.State != Stalled || got.BitsPerSecond > before/4 {
		t.Errorf("unheard for 4 s: %+v", got)
	}
	if p, ok := s.e.NextProbe(s.now); ok {
		t.Errorf("probe %+v into the void", p)
	}
	s.run(200*time.Millisecond, 1_000_000, all, true)
	if got := s.e.Estimate(); got.BitsPerSecond < before {
		t.Errorf("after it: %+v, before %d", got, before)
	}
}

func TestLossLowersWhatItDependsOn(t *testing.T) {
	s := newStream()
	s.run(5*time.Second, 1_000_000, all, true)
	before := s.e.Estimate().BitsPerSecond
	s.run(3*time.Second, 1_000_000, func(n uint16) bool { return n%3 != 0 }, true)
	if got := s.e.Estimate().BitsPerSecond; got >= before {
		t.Errorf("a third lost: %d, before %d", got, before)
	}
}

func TestAnInterruptionIsNotLoss(t *testing.T) {
	s := newStream()
	s.run(5*time.Second, 2_000_000, all, true)
	before := s.e.Estimate().BitsPerSecond
	from := s.sequence
	s.run(3*time.Second, 2_000_000, func(n uint16) bool { return n-from > 300 }, true)
	if got := s.e.Estimate().BitsPerSecond; got < before*9/10 {
		t.Errorf("%d, before the interruption %d", got, before)
	}
}

// TestAChangeOfRouteIsNotCongestion: 150 ms more, for good, look like a queue
// at first; they do not keep the estimate below what arrives.
func TestAChangeOfRouteIsNotCongestion(t *testing.T) {
	s := newStream()
	s.run(20*time.Second, 2_000_000, all, true)
	s.trip += 150 * time.Millisecond
	s.run(10*time.Second, 2_000_000, all, true)
	if got := s.e.Estimate(); got.State != Growing || got.BitsPerSecond < 2_000_000 {
		t.Errorf("2 Mb/s arrive on the longer way: %+v", got)
	}
}

// TestClocksWrapAndJump: the receiver's clock starts again after 12 days, and
// may be set.
func TestClocksWrapAndJump(t *testing.T) {
	s := newStream()
	s.now = epoch.Add(Wrap - 2*time.Second)
	s.e = New(Config{Min: 50_000, Max: 20_000_000, Start: 1_000_000}, s.now)
	s.run(4*time.Second, 1_000_000, all, true)
	before := s.e.Estimate().BitsPerSecond
	if before < 1_000_000 {
		t.Fatalf("the wrap lowered the estimate to %d", before)
	}
	s.now = s.now.Add(time.Hour) // nothing was sent meanwhile
	s.run(time.Second, 1_000_000, all, true)
	if got := s.e.Estimate().BitsPerSecond; got < before {
		t.Errorf("an hour's silence lowered %d to %d", before, got)
	}
}

func TestREMB(t *testing.T) {
	e := New(Config{Min: 50_000, Max: 20_000_000, Start: 1_000_000}, epoch)
	e.REMB(epoch, 3_000_000)
	if got := e.Estimate(); got.BitsPerSecond != 3_000_000 || got.State != Remote {
		t.Errorf("told 3 Mb/s: %+v", got)
	}
	// Little is sent: the receiver says little, and is not believed.
	e.REMB(epoch.Add(time.Second), 200_000)
	if got := e.Estimate().BitsPerSecond; got != 3_000_000 {
		t.Errorf("in silence: %d", got)
	}
	for i := range uint16(200) {
		e.Sent(Packet{Sequence: i, Bytes: 1200, Sent: epoch.Add(time.Second + time.Duration(i)*2*time.Millisecond)})
	}
	e.REMB(epoch.Add(1400*time.Millisecond), 1_500_000)
	if got := e.Estimate().BitsPerSecond; got != 1_500_000 {
		t.Errorf("while sending: %d", got)
	}
	// Transport-wide feedback knows better.
	s := newStream()
	s.run(time.Second, 1_000_000, all, true)
	before := s.e.Estimate()
	s.e.REMB(s.now, 10_000_000)
	if got := s.e.Estimate(); got != before {
		t.Errorf("REMB beside feedback: %+v became %+v", before, got)
	}
}

func TestProbesEndWithoutAnswers(t *testing.T) {
	e := New(Defaults(), epoch)
	now, probes := epoch, 0
	for range 600 {
		now = now.Add(100 * time.Millisecond)
		if _, ok := e.NextProbe(now); ok {
			probes++
		}
	}
	if probes != unanswered {
		t.Errorf("%d probes to somebody who never answers", probes)
	}
}
