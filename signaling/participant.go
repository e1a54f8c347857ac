package signaling

import (
	"log/slog"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"github.com/livekit/protocol/livekit"

	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/sfu"
	"github.com/easel-live/easel/signaling/token"
)

// participant is somebody's stay in a room, from join to removal. A resume
// continues the stay; joining again is another one, with another sid.
type participant struct {
	room   *liveRoom
	claims *token.Claims
	sid    string
	joined time.Time
	single bool
	log    *slog.Logger

	link  atomic.Pointer[conn]  // nil while the signal connection is lost
	visit atomic.Pointer[Visit] // nil without a window
	media media
	data  dataState // the data callbacks' own
	// standing is the role now: at first the token's, unless an owner has decided
	// otherwise.
	standing atomic.Pointer[room.Role]

	// Owned by the room's goroutine.
	state         livekit.ParticipantInfo_State
	version       uint32
	name          string
	metadata      string
	attributes    map[string]string
	client        *livekit.ClientInfo
	tracks        []*track
	autoSubscribe bool
	wants         map[string]bool // explicit subscriptions and refusals, by track sid
	missed        map[string]*livekit.ParticipantInfo
	connected     bool // the media transport was up once
	connection    sfu.Connection
	hasConnection bool      // and it is known
	interrupted   time.Time // when it was last asked to resume
	gone          bool
	goneFor       livekit.DisconnectReason
	isNews        bool   // waits to be told to the room
	replaced      bool   // by a newer stay of the same identity
	way           string // by which their window shows the canvas; empty: not said
	timers        timers
}

// timers are what may still happen to a participant; each posts to the room.
type timers struct{ resume, media, refresh *time.Timer }

func (t *timers) stop() {
	for _, timer := range [...]*time.Timer{t.resume, t.media, t.refresh} {
		if timer != nil {
			timer.Stop()
		}
	}
}

func newParticipant(r *liveRoom, claims *token.Claims, role room.Role, how *joinParams) *participant {
	p := &participant{
		room: r, claims: claims, sid: newID("PA_"), joined: time.Now(), single: how.single,
		state:         livekit.ParticipantInfo_JOINED,
		name:          claims.Name,
		metadata:      claims.Metadata,
		attributes:    maps.Clone(claims.Attributes),
		client:        how.client,
		autoSubscribe: how.autoSubscribe,
		wants:         make(map[string]bool),
		missed:        make(map[string]*livekit.ParticipantInfo),
	}
	if p.attributes == nil {
		p.attributes = make(map[string]string)
	}
	if role != room.Agent {
		p.attributes[room.ColourAttribute] = r.colourOf(p.key())
	}
	p.setRole(role)
	p.log = r.log.With("participant", claims.Identity, "sid", p.sid)
	p.media.init(r.server.cfg.Limits.QueuedMedia)
	p.data.limit(r.server.cfg.Limits)
	return p
}

// role is what p may do now.
func (p *participant) role() room.Role { return *p.standing.Load() }

// setRole changes what p may do. It runs on the room's goroutine; the data path
// reads it at any time.
func (p *participant) setRole(role room.Role) {
	p.standing.Store(&role)
	p.attributes = maps.Clone(p.attributes)
	p.attributes[room.RoleAttribute] = string(role)
}

// person is the participant as observers see them.
func (p *participant) person() Person {
	return Person{
		SID: p.sid, Identity: p.claims.Identity, Name: p.claims.Name, Role: p.role(), Key: p.claims.Attributes[room.PersonAttribute],
	}
}

// send queues a message for the client; while its connection is lost, nothing.
func (p *participant) send(msg *livekit.SignalResponse) { p.sendRaw(encode(msg)) }

func (p *participant) sendRaw(raw []byte) {
	if c := p.link.Load(); c != nil {
		p.room.server.metrics.signals.WithLabelValues("out").Inc()
		c.send(raw)
	}
}

// describe is the participant as clients see them.
func (p *participant) describe() *livekit.ParticipantInfo {
	info := &livekit.ParticipantInfo{
		Sid: p.sid, Identity: p.claims.Identity, Name: p.name, State: p.state,
		Metadata: p.metadata, Attributes: p.attributes, Version: p.version,
		JoinedAt: p.joined.Unix(), JoinedAtMs: p.joined.UnixMilli(),
		Kind: p.claims.Kind, Permission: permission(p.claims),
		ClientProtocol: p.client.GetClientProtocol(), Capabilities: p.client.GetCapabilities(),
		DisconnectReason: p.goneFor,
	}
	for _, t := range p.tracks {
		if t.live {
			info.Tracks = append(info.Tracks, t.info)
			info.IsPublisher = true
		}
	}
	return info
}

func permission(c *token.Claims) *livekit.ParticipantPermission {
	return &livekit.ParticipantPermission{
		CanSubscribe: c.Subscribe, CanPublish: c.Publish, CanPublishData: c.Data,
		CanPublishSources: c.Sources, Hidden: c.Hidden, CanUpdateMetadata: c.UpdateSelf,
	}
}

// keepForAbsent remembers a departure for those who cannot hear of it now.
func (r *liveRoom) keepForAbsent(info *livekit.ParticipantInfo) {
	for _, q := range r.present {
		if q.link.Load() == nil {
			q.missed[info.GetIdentity()] = info
		}
	}
}

// others are the visible participants but p.
func (r *liveRoom) others(p *participant) []*livekit.ParticipantInfo {
	var infos []*livekit.ParticipantInfo
	for _, q := range r.present {
		if q != p && !q.claims.Hidden {
			infos = append(infos, q.describe())
		}
	}
	slices.SortFunc(infos, func(a, b *livekit.ParticipantInfo) int { return int(a.JoinedAtMs - b.JoinedAtMs) })
	return infos
}

func participantUpdate(infos ...*livekit.ParticipantInfo) *livekit.SignalResponse {
	return &livekit.SignalResponse{Message: &livekit.SignalResponse_Update{
		Update: &livekit.ParticipantUpdate{Participants: infos},
	}}
}
