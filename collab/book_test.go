package collab

import (
	"fmt"
	"testing"
	"time"
)

func TestTenuresOfOnePersonAreOneEntry(t *testing.T) {
	b := NewBook()
	now := start
	draw := func(who string, want bool) {
		t.Helper()
		if got := b.Control("r", who, who, now); got != want {
			t.Fatalf("%q: news %v, want %v", who, got, want)
		}
		now = now.Add(time.Second)
	}
	draw("ann", true)
	draw("", false)
	draw("ann", false)
	draw("ben", true)
	draw("ann", true)
	draw("", false)
	now = now.Add(JoinTenures)
	draw("ann", true)
	got := ""
	for _, e := range b.Entries("r") {
		end := "…"
		if e.Until != nil {
			end = fmt.Sprint(e.Until.Sub(start))
		}
		got += fmt.Sprintf("%s %d %s-%s; ", e.Who, e.Times, e.At.Sub(start), end)
	}
	if want := "ann 2 0s-3s; ben 1 3s-4s; ann 1 4s-5s; ann 1 1m6s-…; "; got != want {
		t.Fatalf("%s\nwant %s", got, want)
	}
}

func TestTheBookIsBounded(t *testing.T) {
	b := NewBook()
	for i := range 2 * MaxEntries {
		b.Control("r", fmt.Sprint(i%2), "", start.Add(time.Duration(i)*time.Second))
	}
	if n := len(b.Entries("r")); n > MaxEntries {
		t.Fatalf("%d entries", n)
	}
	for i := range 2 * MaxTimelines {
		b.Add(fmt.Sprint(i), Entry{Kind: Joined})
	}
	if len(b.rooms) > MaxTimelines || len(b.order) != len(b.rooms) {
		t.Fatalf("%d timelines, %d in order", len(b.rooms), len(b.order))
	}
}
