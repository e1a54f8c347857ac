package relay

import (
	"container/heap"
	"time"
)

// delivery is a packet on its way.
type delivery struct {
	at     time.Duration
	order  uint64 // ties arrive in the order sent
	packet []byte
	send   func([]byte) error
}

// schedule holds deliveries, the next one first.
type schedule struct {
	queue deliveries
	next  uint64
}

func (s *schedule) add(at time.Duration, packet []byte, send func([]byte) error) {
	heap.Push(&s.queue, delivery{at, s.next, packet, send})
	s.next++
}

// due removes the next delivery if its time has come; otherwise wait is how
// long until then, negative when there is none.
func (s *schedule) due(now time.Duration) (d delivery, wait time.Duration, ok bool) {
	if len(s.queue) == 0 {
		return delivery{}, -1, false
	}
	if wait = s.queue[0].at - now; wait > 0 {
		return delivery{}, wait, false
	}
	return heap.Pop(&s.queue).(delivery), 0, true
}

type deliveries []delivery

func (d deliveries) Len() int { return len(d) }
func (d deliveries) Less(i, j int) bool {
	return d[i].at < d[j].at || d[i].at == d[j].at && d[i].order < d[j].order
}
func (d deliveries) Swap(i, j int) { d[i], d[j] = d[j], d[i] }
func (d *deliveries) Push(x any)   { *d = append(*d, x.(delivery)) }
func (d *deliveries) Pop() any {
	last := len(*d) - 1
	x := (*d)[last]
	(*d)[last] = delivery{}
	*d = (*d)[:last]
	return x
}
