package inject

import (
	"sync"
	"time"

	"github.com/easel-live/easel/wire"
)

const (
	// maxLag bounds what playout adds to an event: a frame's time.
	maxLag = 12 * time.Millisecond
	// settle is the share of its lag that each event gives back, so that one
	// hiccup of the network does not stay for the rest of a stroke.
	settle = 32
	// pause is how far apart two events are that have no spacing to keep.
	pause = 100 * time.Millisecond
	// tick is the unit of the sender's clock.
	tick = 100 * time.Microsecond
)

// spacing says when each event of a hand is due, such that events keep the
// distances at which they were made. The first event after a pause is due at
// once. One that arrives later than it is due is due at once, and shifts those
// after it; nothing is due later than maxLag after its arrival.
//
// It is a pure state machine; times are monotonic.
type spacing struct {
	started bool
	sent    uint32        // the sender's clock at the last event
	due     time.Duration // when that was due
	arrived time.Duration
}

// next says when an event is due that was made at sent by the sender's clock
// and has arrived at now.
func (s *spacing) next(sent uint32, now time.Duration) time.Duration {
	apart := time.Duration(int32(sent-s.sent)) * tick
	due := now
	if s.started && apart >= 0 && apart < pause && now-s.arrived < pause {
		due = s.due + apart
		if lag := due - now; lag > 0 {
			due -= lag / settle
		}
		due = min(max(due, now), now+maxLag)
	}
	due = max(due, s.due) // they are played in their order
	*s = spacing{started: true, sent: sent, due: due, arrived: now}
	return due
}

// delay keeps the distances of events that had to wait for something to be done:
// played all at once they would share a time stamp, and a program that asks the X
// server for a stroke's way, as GIMP does, would get what came after it as well.
//
// It is a pure state machine; times are monotonic.
type delay struct {
	begun bool          // the next event is the first after the wait
	by    time.Duration // how much later events are due
	last  time.Duration // when the last one was due
}

func (d *delay) begin() { d.begun = true }

// next is how much later an event is to be played than it is due. What waited is
// played at no more than twice its pace until it has caught up, and a pause ends
// the delay.
func (d *delay) next(due, now time.Duration) time.Duration {
	switch {
	case d.begun:
		d.by = max(now-due, 0)
	case due-d.last >= pause:
		d.by = 0
	default:
		d.by = max(d.by-(due-d.last)/2, 0)
	}
	d.begun, d.last = false, due
	return d.by
}

// backlog is how many events may wait to be played. They are due within maxLag,
// so more of them is a flood, which waits in the connection.
const backlog = 512

// maxOwed is how many events share a round trip to the display.
const maxOwed = 32

// Player plays events on a display; Injector does.
type Player interface {
	Event(e *wire.Event)
	Flush() error
}

// Playout plays events at the distances at which they were made: the network
// and its repair bring them in bunches, and a brush that reads speed from time
// would draw those bunches. Play and Sync are called by one goroutine at a
// time.
type Playout struct {
	player  Player
	before  func(Stamp)
	failed  func(error)
	owed    int // events played since the last flush
	start   time.Time
	spacing spacing
	delay   delay // the playing goroutine's own
	queue   chan played
	stop    chan struct{}
	ended   sync.WaitGroup
}

// played is an event with the time it is due, or the wish to know that
// everything before it has been played, or something to do between events.
type played struct {
	due     time.Duration
	stamp   Stamp
	event   wire.Event
	reached chan<- struct{}
	do      func()
}

// NewPlayout starts playing. before is told of each numbered event just before
// it is played; failed of a player that could not be flushed. Both are called
// by the Playout's own goroutine, as player is.
func NewPlayout(player Player, before func(Stamp), failed func(error)) *Playout {
	p := &Playout{
		player: player, before: before, failed: failed, start: time.Now(),
		queue: make(chan played, backlog), stop: make(chan struct{}),
	}
	p.ended.Add(1)
	go p.run()
	return p
}

// Play queues an event. The sequencer's own are due as soon as those before
// them have been played.
func (p *Playout) Play(at Stamp, e *wire.Event) {
	due := time.Duration(0)
	if at.Sequence > 0 {
		due = p.spacing.next(at.Sent, time.Since(p.start))
	}
	p.put(played{due: due, stamp: at, event: *e})
}

// Sync waits until everything queued so far has been played.
func (p *Playout) Sync() {
	reached := make(chan struct{})
	p.put(played{reached: reached})
	select {
	case <-reached:
	case <-p.stop:
	}
}

// Do runs fn when the display has everything queued so far, and plays nothing
// more until it returns.
func (p *Playout) Do(fn func()) { p.put(played{do: fn}) }

// Close ends playing; what is still queued is not played.
func (p *Playout) Close() {
	close(p.stop)
	p.ended.Wait()
}

func (p *Playout) put(e played) {
	select {
	case p.queue <- e:
	case <-p.stop:
	}
}

func (p *Playout) run() {
	defer p.ended.Done()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-p.stop:
			return
		case e := <-p.queue:
			if e.stamp.Sequence > 0 {
				e.due += p.delay.next(e.due, time.Since(p.start))
			}
			if wait := e.due - time.Since(p.start); wait > 0 {
				timer.Reset(wait)
				select {
				case <-p.stop:
					return
				case <-timer.C:
				}
			}
			p.play(&e)
		}
	}
}

// play plays an event, and waits until the display has it unless more events
// are there already: then some share one round trip.
func (p *Playout) play(e *played) {
	switch {
	case e.reached != nil:
		p.flush()
		close(e.reached)
		return
	case e.do != nil:
		p.flush()
		e.do()
		p.delay.begin()
		return
	}
	if e.stamp.Sequence > 0 && e.event.Kind != wire.ReleaseAll {
		p.before(e.stamp)
	}
	p.player.Event(&e.event)
	if p.owed++; len(p.queue) == 0 || p.owed >= maxOwed {
		p.flush()
	}
}

func (p *Playout) flush() {
	p.owed = 0
	if err := p.player.Flush(); err != nil {
		p.failed(err)
	}
}
