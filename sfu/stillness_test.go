package sfu

import (
	"testing"
	"time"
)

func TestImpatience(t *testing.T) {
	sent := time.Unix(1_700_000_000, 0)
	at := func(d time.Duration) time.Time { return sent.Add(d) }
	var s stillness
	if s.impatient(at(3*time.Second), sent, 7) {
		t.Error("a viewer that reported nothing was taken for impatient")
	}
	s.report(1<<16|6, at(time.Second))
	if s.impatient(at(3*time.Second), sent, 7) {
		t.Error("a viewer that lacks a packet was taken for impatient")
	}
	s.report(1<<16|7, at(time.Second))
	if s.impatient(at(time.Second), sent, 7) {
		t.Error("a request in the middle of the show was taken for impatience")
	}
	if s.impatient(at(2500*time.Millisecond), sent, 7) {
		t.Error("a viewer that may show nothing yet was not answered")
	}
	if !s.impatient(at(3*time.Second), sent, 7) {
		t.Error("a viewer that has everything was answered")
	}
	if s.impatient(at(3200*time.Millisecond), sent, 7) {
		t.Error("a viewer that insists was not answered")
	}
	if !s.impatient(at(6*time.Second), sent, 7) {
		t.Error("a viewer that asks every three seconds was taken to insist")
	}
}

func TestALostTailIsNoticed(t *testing.T) {
	sent := time.Unix(1_700_000_000, 0)
	var s stillness
	if s.lacks(sent, 3) {
		t.Error("a viewer that reported nothing lacks nothing")
	}
	s.report(2, sent.Add(tailAfter/2))
	if s.lacks(sent, 3) {
		t.Error("a report made while the packet was under way counted")
	}
	s.report(2, sent.Add(tailAfter))
	if !s.lacks(sent, 3) {
		t.Error("the last packet is missing and nobody noticed")
	}
	s.report(3, sent.Add(2*tailAfter))
	if s.lacks(sent, 3) {
		t.Error("everything arrived")
	}
	s.report(0xffff, sent.Add(3*tailAfter))
	if !s.lacks(sent, 1) {
		t.Error("sequence numbers wrap")
	}
}

func TestATailIsMendedAFewTimes(t *testing.T) {
	still := time.Unix(1_700_000_000, 0)
	var m tail
	now, mends := still, 0
	for range 100 {
		now = now.Add(tailAfter / 2)
		if m.allow(now, still, tailAfter) {
			mends++
		}
	}
	if mends != maxTails {
		t.Errorf("mended %d times in one stillness, want %d", mends, maxTails)
	}
	if !m.allow(now, now, tailAfter) {
		t.Error("a new stillness was not mended")
	}
}

func TestAPictureAtRestIsShownOnceMore(t *testing.T) {
	began := time.Unix(1_700_000_000, 0)
	at := func(d time.Duration) time.Time { return began.Add(d) }
	var s stillness
	if s.settle(began, began) {
		t.Error("a stream that has not begun was repeated")
	}
	if !s.begin(began) || s.begin(at(time.Hour)) {
		t.Error("a stream begins once, whatever pauses it has")
	}
	for i, moment := range settling {
		if s.settle(at(moment.after-1), began) {
			t.Errorf("moment %d: no time for the page", i)
		}
		if !s.settle(at(moment.after), began) {
			t.Errorf("moment %d: a picture at rest was not shown once more", i)
		}
		if s.settle(at(moment.after), began) {
			t.Errorf("moment %d: it was shown again and again", i)
		}
		moving := stillness{begun: began, settled: i}
		if moving.settle(at(moment.after), at(moment.after-moment.quiet+1)) {
			t.Errorf("moment %d: a picture in motion needs no repetition", i)
		}
	}
	if s.settle(at(time.Hour), began) {
		t.Error("a picture that is long there was shown once more")
	}
}
