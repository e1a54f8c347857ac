package sfu

import (
	"sync"
	"sync/atomic"
	"time"
)

// lane is the way out that a shard holds packets back in: a socket.Lane, or a
// stub.
type lane interface {
	Cork()
	Flush() error
}

// shard sends to the viewers that are pinned to it: one goroutine and one lane
// of the media socket. News comes as marks, on an audience or on one viewer's
// track; the shard then goes from viewer to viewer and sends each all there is
// for it, so that a viewer's packets leave side by side, and flushes once.
// Nothing else sends to its viewers.
type shard struct {
	index   int
	lane    lane
	viewers atomic.Int64
	count   *counters
	wake    chan struct{}

	// held are tracks whose packets wait for the pace, and a spare. Only the
	// shard's goroutine uses them.
	held, due []*downTrack

	mu    sync.Mutex
	news  marks // since the shard last looked
	spare marks // what it looked at then, to be used again
}

// marks are what a shard has to look at.
type marks struct {
	audiences []*audience
	tracks    []*downTrack
}

func newShard(index int, out lane, count *counters) *shard {
	return &shard{index: index, lane: out, count: count, wake: make(chan struct{}, 1)}
}

// run serves until done is closed.
func (s *shard) run(done <-chan struct{}) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		select {
		case <-done:
			return
		case <-s.wake:
		case <-timer.C:
		}
		s.work(time.Now())
		if len(s.held) > 0 {
			timer.Reset(paceStep)
		}
	}
}

// hold has the shard look at d again when the pace may have let up.
func (s *shard) hold(d *downTrack) {
	if !d.isHeld {
		d.isHeld = true
		s.held = append(s.held, d)
	}
}

// mark has the shard look at a's viewers, or at d. It never waits.
func (s *shard) mark(a *audience, d *downTrack) {
	s.mu.Lock()
	if a != nil {
		s.news.audiences = append(s.news.audiences, a)
	}
	if d != nil {
		s.news.tracks = append(s.news.tracks, d)
	}
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// work serves what was marked. One goroutine calls it.
func (s *shard) work(now time.Time) {
	s.mu.Lock()
	news := s.news
	s.news = s.spare
	s.mu.Unlock()
	s.lane.Cork()
	s.held, s.due = s.due[:0], s.held
	for i, d := range s.due {
		d.isHeld = false
		d.serve(now)
		s.due[i] = nil
	}
	for i, d := range news.tracks {
		d.marked.Store(false)
		d.serve(now)
		news.tracks[i] = nil
	}
	for i, a := range news.audiences {
		a.serve(now)
		news.audiences[i] = nil
	}
	if err := s.lane.Flush(); err != nil {
		s.count.writeErrors.Add(1)
	}
	s.spare = marks{audiences: news.audiences[:0], tracks: news.tracks[:0]}
}
