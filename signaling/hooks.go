package signaling

import (
	"time"

	"github.com/livekit/protocol/livekit"
)

// Events, named as LiveKit does.
const (
	eventRoomStarted                  = "room_started"
	eventRoomFinished                 = "room_finished"
	eventParticipantJoined            = "participant_joined"
	eventParticipantLeft              = "participant_left"
	eventParticipantConnectionAborted = "participant_connection_aborted"
	eventTrackPublished               = "track_published"
	eventTrackUnpublished             = "track_unpublished"
)

// Events are told to other servers as they happen in rooms. Everything below
// runs on the room's goroutine and waits for nobody.

func (r *liveRoom) hook(event *livekit.WebhookEvent) {
	if r.server.hooks == nil {
		return
	}
	event.Id, event.CreatedAt = newID("EV_"), time.Now().Unix()
	event.Room = copyOf(r.describe())
	r.server.hooks.Send(event)
}

func (r *liveRoom) hookRoom(name string) { r.hook(&livekit.WebhookEvent{Event: name}) }

// hookPerson tells of somebody. Until their media transport is up they have not
// joined, and so cannot leave.
func (p *participant) hookPerson(name string) {
	if p.room.server.hooks == nil {
		return
	}
	p.room.hook(&livekit.WebhookEvent{Event: name, Participant: copyOf(p.describe())})
}

func (p *participant) hookTrack(name string, t *track) {
	if p.room.server.hooks == nil {
		return
	}
	// As livekit-server does: who it is, without all that they are.
	who := &livekit.ParticipantInfo{Sid: p.sid, Identity: p.claims.Identity, Name: p.name, State: p.state, Kind: p.claims.Kind}
	p.room.hook(&livekit.WebhookEvent{Event: name, Participant: who, Track: copyOf(t.info)})
}

func (p *participant) hookLeft() {
	for _, t := range p.tracks {
		if t.live {
			p.hookTrack(eventTrackUnpublished, t)
		}
	}
	name := eventParticipantConnectionAborted
	if p.connected {
		name = eventParticipantLeft
	}
	p.hookPerson(name)
}
