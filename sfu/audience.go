package sfu

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// maxLate is how many packets that came out of order an audience is told of at
// once; its viewers ask for what is beyond.
const maxLate = 32

// audience are those viewers of one shard that a layer's packets concern: who
// watch it and who are about to.
type audience struct {
	shard  *shard
	layer  *layer
	marked atomic.Bool // the shard knows

	// downs is never changed, only replaced: the shard reads it without a lock.
	downs atomic.Pointer[[]*downTrack]

	mu   sync.Mutex // replacing downs, and what follows
	late []uint64   // packets that came after their successors
	took []uint64   // scratch of the shard
}

func newAudiences(l *layer, shards []*shard) []audience {
	all := make([]audience, len(shards))
	for i, s := range shards {
		all[i].shard, all[i].layer = s, l
		all[i].downs.Store(&[]*downTrack{})
	}
	return all
}

// advance tells the shard that the ring moved on.
func (a *audience) advance() {
	if len(*a.downs.Load()) > 0 && !a.marked.Swap(true) {
		a.shard.mark(a, nil)
	}
}

// fill tells it that a packet came which the ring was already past.
func (a *audience) fill(index uint64) {
	a.mu.Lock()
	if len(a.late) < maxLate {
		a.late = append(a.late, index)
	}
	a.mu.Unlock()
	a.advance()
}

// serve brings everyone up to the ring's head. The shard calls it.
func (a *audience) serve(now time.Time) {
	a.marked.Store(false)
	a.mu.Lock()
	a.took = append(a.took[:0], a.late...)
	a.late = a.late[:0]
	a.mu.Unlock()
	for _, d := range *a.downs.Load() {
		if len(a.took) > 0 {
			d.sendLate(a.layer, a.took)
		}
		d.serve(now)
	}
}

func (a *audience) add(d *downTrack) {
	a.mu.Lock()
	defer a.mu.Unlock()
	old := *a.downs.Load()
	if slices.Contains(old, d) {
		return
	}
	grown := append(slices.Clone(old), d)
	a.downs.Store(&grown)
}

func (a *audience) remove(d *downTrack) {
	a.mu.Lock()
	defer a.mu.Unlock()
	old := *a.downs.Load()
	i := slices.Index(old, d)
	if i < 0 {
		return
	}
	shrunk := slices.Delete(slices.Clone(old), i, i+1)
	a.downs.Store(&shrunk)
}
