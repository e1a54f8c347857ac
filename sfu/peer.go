package sfu

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
)

// Peer is a participant's media side.
//
// Locks, in the order they may be taken: transport.negotiation, Room.mu,
// Peer.mu, downTrack.mu, publication.mu, layer.mu, a ring's lock. No call to
// an observer is made under any of them.
type Peer struct {
	id         ParticipantID
	opts       PeerOptions
	room       *Room
	engine     *Engine
	shard      *shard     // sends to it
	path       path       // what the way there carries
	congestion congestion // on the way from it
	health     health     // the room's goroutine's
	balancing  balancing  // its, too
	reading    reading    // of its reports
	log        *slog.Logger
	events     *events
	outbox     *outbox

	up   *transport // the client's offers: what it publishes
	down *transport // what it receives; up itself in single mode

	kick chan struct{} // two PeerConnections: something to negotiate
	done chan struct{}
	wg   sync.WaitGroup

	mu       sync.Mutex
	tracks   []*publication // announced, in order
	subs     []*subscription
	uplinks  []*uplink
	mids     map[string]*rendition       // sections of up that carry announced tracks
	codecs   []webrtc.RTPCodecParameters // that the client can decode, as far as it said
	asked    map[webrtc.RTPCodecType]int
	answered bool // single mode: the first offer was answered
	restart  bool // the next offer restarts ICE
	offered  bool // an offer of ours is out
	again    bool // negotiate again after its answer
	isClosed bool
}

func newPeer(r *Room, id ParticipantID, opts PeerOptions, obs PeerObserver) (*Peer, error) {
	p := &Peer{
		id: id, opts: opts, room: r, engine: r.engine, shard: r.engine.pin(), log: r.log.With("peer", string(id)),
		events: newEvents(obs), outbox: newOutbox(r.engine.count),
		reading: reading{count: r.engine.count},
		kick:    make(chan struct{}, 1), done: make(chan struct{}),
		mids: map[string]*rendition{}, asked: map[webrtc.RTPCodecType]int{},
	}
	var err error
	if p.up, err = newTransport(p, Publisher, opts.MayPublish); err != nil {
		p.shard.viewers.Add(-1)
		return nil, err
	}
	p.down = p.up
	if !opts.Single {
		if p.down, err = newTransport(p, Subscriber, false); err == nil {
			err = p.openChannels()
		}
		if err != nil {
			p.discard()
			return nil, err
		}
	}
	return p, nil
}

// openChannels makes the data channels that two-PeerConnection clients expect
// from the server.
func (p *Peer) openChannels() error {
	ordered, unordered, none := true, false, uint16(0)
	for label, init := range map[string]*webrtc.DataChannelInit{
		labelReliable: {Ordered: &ordered},
		labelLossy:    {Ordered: &unordered, MaxRetransmits: &none},
	} {
		c, err := p.down.pc.CreateDataChannel(label, init)
		if err != nil {
			return fmt.Errorf("sfu: data channel: %w", err)
		}
		p.outbox.use(c)
	}
	return nil
}

func (p *Peer) start() {
	p.wg.Go(p.events.run)
	p.wg.Go(func() { p.outbox.run(p.done) })
	if !p.opts.Single {
		p.wg.Go(p.negotiate)
	}
	p.watch(p.up)
	if p.down != p.up {
		p.watch(p.down)
	}
}

// spawn runs f as part of the peer, unless the peer is closed.
func (p *Peer) spawn(f func()) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.isClosed {
		return false
	}
	p.wg.Go(f)
	return true
}

// watch connects a transport's events.
func (p *Peer) watch(t *transport) {
	t.pc.OnICECandidate(func(c *webrtc.ICECandidate) {
		if init, ok := t.candidate(c); ok {
			p.events.push(func(o PeerObserver) { o.OnCandidate(t.target, init) })
		}
	})
	t.pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		switch s {
		case webrtc.PeerConnectionStateConnected:
			t.open(p.shard, &p.reading, p.hear)
			t.setUp(true)
			if t == p.down {
				p.activate()
				p.events.push(func(o PeerObserver) { o.OnConnected() })
			}
		case webrtc.PeerConnectionStateDisconnected:
			if t == p.down {
				p.events.push(func(o PeerObserver) { o.OnInterrupted() })
			}
		case webrtc.PeerConnectionStateFailed, webrtc.PeerConnectionStateClosed:
			t.setUp(false)
			if t == p.down {
				err := fmt.Errorf("sfu: transport of %s %s", p.id, s)
				p.events.push(func(o PeerObserver) { o.OnDisconnected(err) })
			}
		}
	})
	if t == p.down {
		// What goes past pion learns the new way from what pion sends there.
		t.pc.SCTP().Transport().ICETransport().OnSelectedCandidatePairChange(func(*webrtc.ICECandidatePair) {
			if t.up() {
				_ = t.pc.WriteRTCP([]rtcp.Packet{&rtcp.ReceiverReport{}}) // the next sender report teaches it as well
			}
		})
	}
	if t != p.up {
		return
	}
	t.pc.OnTrack(func(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
		p.spawn(func() { p.receive(track, receiver) })
	})
	t.pc.OnDataChannel(func(c *webrtc.DataChannel) {
		p.listen(c)
		if p.opts.Single {
			p.outbox.use(c)
		}
	})
}

// isDone says whether the peer was closed.
func (p *Peer) isDone() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// AddCandidate applies a remote candidate; those that come before the remote
// description wait for it (bounded).
func (p *Peer) AddCandidate(t Target, c webrtc.ICECandidateInit) error {
	if t == Subscriber {
		return p.down.addCandidate(c)
	}
	return p.up.addCandidate(c)
}

// Send queues a data message; reliable messages wait, within a bound, for the
// channel to open, lossy ones are dropped when it is not open or is congested.
// The payload is the peer's from then on.
func (p *Peer) Send(kind DataKind, payload []byte) error { return p.outbox.send(kind, payload) }

// Close ends the peer and waits until nothing of it runs any more. An observer
// must not call it from one of its own calls.
func (p *Peer) Close() {
	p.mu.Lock()
	wasClosed := p.isClosed
	p.isClosed = true
	tracks := slices.Clone(p.tracks)
	p.mu.Unlock()
	if wasClosed {
		p.wg.Wait()
		return
	}
	close(p.done)
	p.events.close()
	p.outbox.close()
	p.room.leave(p)
	for _, t := range tracks {
		if err := p.Unpublish(t.spec.ID); err != nil {
			p.log.Debug("track not withdrawn", "track", t.spec.ID, "err", err)
		}
	}
	for _, s := range p.subscriptions() {
		p.end(s)
	}
	p.closeConnections()
	p.mu.Lock()
	uplinks := slices.Clone(p.uplinks)
	p.mu.Unlock()
	for _, u := range uplinks {
		u.interrupt()
	}
	p.wg.Wait()
}

// discard ends a peer that was never started.
func (p *Peer) discard() { p.closeConnections() }

func (p *Peer) closeConnections() {
	p.shard.viewers.Add(-1)
	err := p.up.pc.GracefulClose()
	if p.down != nil && p.down != p.up {
		err = errors.Join(err, p.down.pc.GracefulClose())
	}
	p.up.route.leave() // nothing is sent any more that would show the way anew
	if err != nil {
		p.log.Debug("connection did not close cleanly", "err", err)
	}
}
