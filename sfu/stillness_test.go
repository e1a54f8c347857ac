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
	s.report(1<<16 | 6)
	if s.impatient(at(3*time.Second), sent, 7) {
		t.Error("a viewer that lacks a packet was taken for impatient")
	}
	s.report(1<<16 | 7)
	if s.impatient(at(time.Second), sent, 7) {
		t.Error("a request in the middle of the show was taken for impatience")
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
