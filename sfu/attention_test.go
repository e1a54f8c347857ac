package sfu

import (
	"slices"
	"sync"
	"testing"
	"time"
)

func TestAttention(t *testing.T) {
	a := attention{told: firstRendition}
	now := time.Unix(1000, 0)
	var said []layerSet
	note := func(_, send layerSet) { said = append(said, send) }
	high := layerSet(0).with(layerID{0, High})
	a.move(0, high, note)
	a.tick(now, note)
	a.tick(now.Add(neglect-1), note)
	if len(said) != 0 {
		t.Errorf("told %v of nothing new", said)
	}
	a.tick(now.Add(neglect), note)
	a.move(high, high.with(layerID{0, Mid}), note)
	a.move(high.with(layerID{0, Mid}), 0, note)
	a.tick(now.Add(2*neglect), note)
	a.move(0, high, note) // back in time
	a.tick(now.Add(4*neglect), note)
	a.tick(now.Add(4*neglect), note)
	want := []layerSet{high, high.with(layerID{0, Mid}), high}
	if !slices.Equal(said, want) {
		t.Errorf("told %v, want %v", said, want)
	}
}

// What the publisher heard last is what holds, whoever came or went meanwhile.
func TestAttentionIsToldInOrder(t *testing.T) {
	a := attention{told: firstRendition}
	var mu sync.Mutex
	heard := firstRendition
	note := func(_, send layerSet) {
		mu.Lock()
		heard = send
		mu.Unlock()
	}
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			mine := layerSet(0).with(layerID{i % MaxRenditions, Quality(i % qualities)})
			for range 2000 {
				a.move(0, mine, note)
				a.move(mine, 0, note)
			}
		})
	}
	all.Go(func() {
		for i := range 4000 {
			a.tick(time.Unix(int64(i*10), 0), note)
		}
	})
	all.Wait()
	if heard != a.told {
		t.Errorf("the publisher heard %v, told %v", heard, a.told)
	}
}
