package sfu

import (
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/pion/rtcp"
)

// Room connects the publications of some peers with the subscriptions of others.
type Room struct {
	engine *Engine
	log    *slog.Logger

	mu       sync.Mutex
	peers    map[ParticipantID]*Peer
	tracks   map[TrackID]*publication
	order    []TrackID
	isClosed bool

	done chan struct{}
	wg   sync.WaitGroup
}

func newRoom(e *Engine, name string) *Room {
	return &Room{
		engine: e, log: e.log.With("room", name),
		peers: map[ParticipantID]*Peer{}, tracks: map[TrackID]*publication{},
		done: make(chan struct{}),
	}
}

func (r *Room) start() { r.wg.Go(r.run) }

// Join adds a participant's media side. The ID must be unique in the room.
func (r *Room) Join(id ParticipantID, opts PeerOptions, obs PeerObserver) (*Peer, error) {
	p, err := newPeer(r, id, opts, obs)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	switch {
	case r.isClosed:
		err = ErrClosed
	case r.peers[id] != nil:
		err = fmt.Errorf("%w: participant %s", ErrConflict, id)
	case len(r.peers) >= MaxPeers:
		err = fmt.Errorf("%w: %d participants", ErrLimit, len(r.peers))
	default:
		r.peers[id] = p
	}
	r.mu.Unlock()
	if err != nil {
		p.discard()
		return nil, err
	}
	r.engine.count.peers.Add(1)
	p.start()
	return p, nil
}

// Publications are the tracks announced in the room, with or without media yet.
func (r *Room) Publications() []PublicationInfo {
	infos := make([]PublicationInfo, 0)
	for _, p := range r.publications() {
		infos = append(infos, p.info())
	}
	return infos
}

// Close ends every peer and waits until nothing of the room runs any more.
func (r *Room) Close() {
	r.mu.Lock()
	wasClosed := r.isClosed
	r.isClosed = true
	peers := make([]*Peer, 0, len(r.peers))
	for _, p := range r.peers {
		peers = append(peers, p)
	}
	r.mu.Unlock()
	var closing sync.WaitGroup
	for _, p := range peers {
		closing.Go(p.Close)
	}
	closing.Wait()
	if !wasClosed {
		close(r.done)
		r.engine.forget(r)
	}
	r.wg.Wait()
}

func (r *Room) publications() []*publication {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make([]*publication, 0, len(r.order))
	for _, id := range r.order {
		all = append(all, r.tracks[id])
	}
	return all
}

func (r *Room) track(id TrackID) (*publication, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.tracks[id]
	if p == nil {
		return nil, fmt.Errorf("%w: %s", ErrNoTrack, id)
	}
	return p, nil
}

func (r *Room) publish(p *publication) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.isClosed {
		return ErrClosed
	}
	if r.tracks[p.spec.ID] != nil {
		return fmt.Errorf("%w: track %s", ErrConflict, p.spec.ID)
	}
	r.tracks[p.spec.ID] = p
	r.order = append(r.order, p.spec.ID)
	r.engine.count.publications.Add(1)
	return nil
}

func (r *Room) withdraw(id TrackID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.tracks[id] == nil {
		return
	}
	delete(r.tracks, id)
	r.order = slices.DeleteFunc(r.order, func(t TrackID) bool { return t == id })
	r.engine.count.publications.Add(-1)
}

func (r *Room) leave(p *Peer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.peers[p.id] == p {
		delete(r.peers, p.id)
		r.engine.count.peers.Add(-1)
	}
}

func (r *Room) snapshot() []*Peer {
	r.mu.Lock()
	defer r.mu.Unlock()
	peers := make([]*Peer, 0, len(r.peers))
	for _, p := range r.peers {
		peers = append(peers, p)
	}
	return peers
}

// untilTick has all rooms tick at the same moments, so that many of them wake a
// resting server as often as one.
func untilTick(now time.Time) time.Duration {
	return tick - time.Duration(now.UnixNano())%tick
}

// run does what is due in the room every tick: keyframe requests that have to
// be repeated, layers for viewers, sender reports, and what publishers are to
// send.
func (r *Room) run() {
	timer := time.NewTimer(untilTick(time.Now()))
	defer timer.Stop()
	for {
		select {
		case <-r.done:
			return
		case <-timer.C:
			now := time.Now()
			timer.Reset(untilTick(now))
			for _, p := range r.publications() {
				p.tick(now)
				p.each(func(l *layer) {
					l.retryKeyframe(now)
					l.measure()
				})
			}
			for _, p := range r.snapshot() {
				p.tick(now)
			}
			for _, p := range r.publications() {
				p.each(func(l *layer) { l.tellDemand(now) })
			}
		}
	}
}

func (p *Peer) tick(now time.Time) {
	p.mu.Lock()
	p.balancing.subs = append(p.balancing.subs[:0], p.subs...)
	p.mu.Unlock()
	p.acknowledge(now)
	p.balance(now)
	p.tellHealth(now)
	var reports []rtcp.Packet
	for _, s := range p.balancing.subs {
		if s.down.tick(now) {
			reports = append(reports, s.down.report(now))
		}
	}
	if len(reports) > 0 {
		if err := p.down.pc.WriteRTCP(reports); err != nil {
			p.log.Debug("sender reports not sent", "err", err)
		}
	}
}
