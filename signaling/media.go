package signaling

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/livekit/protocol/livekit"

	"github.com/easel-live/easel/sfu"
)

var errMediaBusy = errors.New("media side is too slow")

// media is a participant's sfu.Peer and the worker that alone operates it, in
// order, so that neither the room nor the client's reader waits for SDP.
type media struct {
	tasks chan func(*sfu.Peer) error
	quit  chan struct{}
	peer  atomic.Pointer[sfu.Peer] // for the data path; nil before and after
	offer atomic.Uint32            // id of the last offer sent to the client
	over  atomic.Bool              // the queue overflowed
	ended sync.Once
}

func (m *media) init(backlog int) {
	m.tasks, m.quit = make(chan func(*sfu.Peer) error, backlog), make(chan struct{})
}

// stop ends the worker, or says that there is none.
func (m *media) stop() { m.ended.Do(func() { close(m.quit) }) }

// withPeer queues work for the media side. When too much waits already the
// participant is cut off.
func (p *participant) withPeer(task func(*sfu.Peer) error) {
	select {
	case <-p.media.quit: // nobody works any more
	case p.media.tasks <- task:
	default: // the worker sees it after its current task
		p.media.over.Store(true)
	}
}

// runMedia is the worker: it joins the media room, works off the queue, and
// closes the peer at the end.
func (p *participant) runMedia(opts sfu.PeerOptions) {
	peer, err := p.room.media.Join(sfu.ParticipantID(p.sid), opts, &peerEvents{p})
	if err != nil {
		p.fail(livekit.DisconnectReason_JOIN_FAILURE, fmt.Errorf("media: %w", err))
		<-p.media.quit
		return
	}
	defer peer.Close()
	p.media.peer.Store(peer)
	defer p.media.peer.Store(nil)
	for {
		select {
		case <-p.media.quit:
			return
		case task := <-p.media.tasks:
			if err := task(peer); err != nil {
				p.log.Warn("media operation failed", "error", err)
			}
			if p.media.over.Load() {
				p.fail(livekit.DisconnectReason_MEDIA_FAILURE, errMediaBusy)
				<-p.media.quit
				return
			}
		}
	}
}

// peerEvents passes on what happens on the media side.
type peerEvents struct{ p *participant }

var _ sfu.PeerObserver = (*peerEvents)(nil)

// OnOffer sends the server's offer to a client with two PeerConnections.
func (e *peerEvents) OnOffer(sdp string) {
	e.p.send(&livekit.SignalResponse{Message: &livekit.SignalResponse_Offer{
		Offer: &livekit.SessionDescription{Type: "offer", Sdp: sdp, Id: e.p.media.offer.Add(1)},
	}})
}

// OnCandidate trickles a candidate.
func (e *peerEvents) OnCandidate(t sfu.Target, candidateInit string) {
	e.p.send(&livekit.SignalResponse{Message: &livekit.SignalResponse_Trickle{
		Trickle: &livekit.TrickleRequest{CandidateInit: candidateInit, Target: livekit.SignalTarget(t)},
	}})
}

// OnSectionsWanted asks a client with one PeerConnection for another offer.
func (e *peerEvents) OnSectionsWanted(audio, video int) {
	e.p.send(&livekit.SignalResponse{Message: &livekit.SignalResponse_MediaSectionsRequirement{
		MediaSectionsRequirement: &livekit.MediaSectionsRequirement{
			NumAudios: uint32(audio), NumVideos: uint32(video),
		},
	}})
}

// OnData judges and passes on a data packet.
func (e *peerEvents) OnData(kind sfu.DataKind, payload []byte) { e.p.onData(kind, payload) }

// OnPublished makes a track known to the room.
func (e *peerEvents) OnPublished(info sfu.PublicationInfo) {
	e.p.room.post(func() { e.p.room.published(e.p, info) })
}

// OnWatched tells the publisher which layers to send.
func (e *peerEvents) OnWatched(id sfu.TrackID, watched [][]sfu.Quality) {
	e.p.room.post(func() { e.p.watchedChanged(id, watched) })
}

// OnStreamState tells the client that a track pauses for want of bandwidth, or
// goes on.
func (e *peerEvents) OnStreamState(id sfu.TrackID, paused bool) {
	e.p.room.post(func() { e.p.room.streamState(e.p, id, paused) })
}

// OnConnection tells how well the connection does.
func (e *peerEvents) OnConnection(c sfu.Connection) {
	e.p.room.post(func() { e.p.room.connectionChanged(e.p, c) })
}

// OnConnected makes the participant active.
func (e *peerEvents) OnConnected() {
	e.p.room.post(func() { e.p.room.connected(e.p) })
}

// OnInterrupted has the client look for another way.
func (e *peerEvents) OnInterrupted() {
	e.p.room.post(func() { e.p.room.interrupted(e.p) })
}

// OnDisconnected gives the client time to heal its transport.
func (e *peerEvents) OnDisconnected(err error) {
	e.p.log.Debug("media transport lost", "error", err)
	e.p.room.post(func() {
		if !e.p.gone {
			e.p.handLost()
			e.p.armMedia()
		}
	})
}

// connected is told that a participant's transport is up.
func (r *liveRoom) connected(p *participant) {
	if p.gone {
		return
	}
	if p.timers.media != nil {
		p.timers.media.Stop()
		p.timers.media = nil
	}
	if p.state != livekit.ParticipantInfo_ACTIVE {
		p.state, p.connected = livekit.ParticipantInfo_ACTIVE, true
		r.announce(p)
		p.hookPerson(eventParticipantJoined)
		p.sendHistory()
		p.sendData(sfu.Reliable, r.presence.current())
	}
	r.server.cfg.Observer.Connected(r.name, p.person())
	r.tellConnections(p)
	if p.link.Load() != nil {
		r.arbiter.Back(p.claims.Identity, time.Now())
		r.tend()
	}
	p.sendLease()
}
