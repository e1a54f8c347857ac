package signaling

import (
	"log/slog"
	"time"

	"github.com/livekit/protocol/livekit"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/sfu"
	"github.com/easel-live/easel/signaling/token"
)

// Config is what a Server needs from its surroundings. Keys and Engine are
// required.
type Config struct {
	Keys     token.Keys
	Engine   *sfu.Engine
	Observer Observer // nil: nobody is told
	// Admit says as what a person with a good token may enter a room now, or
	// why not: tokens live on when people are demoted or sent away. The person
	// is the token's room.PersonAttribute. Nil: as the token says.
	Admit func(name, person string, role room.Role) (room.Role, error)
	// Recall is what the owners of a room had set when it was open last, as
	// Observer.RulesChanged told; the zero value: nothing. Nil: nothing ever.
	Recall func(name string) House
	// ICEServers are the TURN servers that a participant may use, with
	// credentials of their own. Nil: none.
	ICEServers func(identity string) []*livekit.ICEServer
	Log        *slog.Logger          // nil: silence
	Metrics    prometheus.Registerer // nil: not exported
	Webhooks   []string              // URLs that are told what happens in rooms
	Limits     Limits                // zero fields take their defaults
	Times      Times                 // zero fields take their defaults
}

// Limits bound what clients can make the server hold or do.
type Limits struct {
	// Rooms is how many rooms may be open at once. Default 1,000.
	Rooms int
	// Participants is how many may be in one room. Default 5,000.
	Participants int
	// Tracks is how many tracks one participant may publish. Default 16.
	Tracks int
	// SignalBytes is the largest signal message from a client. Default 256 KiB.
	SignalBytes int64
	// SignalRate is signal messages per second from one client, with a burst of
	// ten seconds' worth; faster clients are disconnected. Default 50.
	SignalRate float64
	// JoinRequestBytes is the largest join request, decompressed. Default 128 KiB.
	JoinRequestBytes int64
	// RequestBytes is the largest RoomService request. Default 128 KiB.
	RequestBytes int64
	// QueuedSignals is how many signal messages may wait for a slow client
	// before its connection is dropped; it may resume. Default 1,024.
	QueuedSignals int
	// QueuedMedia is how many media operations (offers, candidates,
	// subscriptions) may wait for one participant. Default 1,024.
	QueuedMedia int
	// DataBytes is the largest data packet. Default 64 KiB.
	DataBytes int
	// DataRate is data packets per second from one participant, with a burst of
	// two seconds' worth; more are dropped. A hand at 1,000 Hz fits. Default 1,500.
	DataRate float64
	// DataByteRate is bytes of data packets per second from one participant,
	// with a burst of two seconds' worth; more are dropped. Default 2 MiB.
	DataByteRate float64
	// CommandRate is commands about control of the canvas per second from one
	// participant, with a burst of five seconds' worth; more are refused. People
	// click. Default 4.
	CommandRate float64
	// MetadataBytes bounds a participant's metadata, the sum of their
	// attributes, and a room's metadata. Default 16 KiB.
	MetadataBytes int
}

// Times are how long the server waits for things.
type Times struct {
	// PingInterval is how often clients are to ping; PingTimeout is when a
	// silent connection counts as lost, on either side. Defaults 5 s and 15 s;
	// the protocol carries whole seconds.
	PingInterval, PingTimeout time.Duration
	// Write bounds writing one message to a client. Default 5 s.
	Write time.Duration
	// Resume is how long somebody whose connection was lost keeps their place.
	// Default 10 s.
	Resume time.Duration
	// Media is how long a participant may be without a media transport, at
	// first or after it failed. Default 30 s.
	Media time.Duration
	// Webhooks is how long Close waits for webhooks to be delivered. Default 5 s.
	Webhooks time.Duration
	// EmptyRoom is how long a room outlives its last participant. Default 20 s.
	EmptyRoom time.Duration
	// TokenRefresh is how often clients get a fresh token, TokenTTL how long it
	// lasts. Defaults 5 and 10 minutes.
	TokenRefresh, TokenTTL time.Duration
}

func (c Config) withDefaults() Config {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.ICEServers == nil {
		c.ICEServers = func(string) []*livekit.ICEServer { return nil }
	}
	if c.Recall == nil {
		c.Recall = func(string) House { return House{} }
	}
	if c.Observer == nil {
		c.Observer = Unobserved{}
	}
	c.Limits = c.Limits.withDefaults()
	c.Times = c.Times.withDefaults()
	return c
}

func (l Limits) withDefaults() Limits {
	return Limits{
		Rooms:            or(l.Rooms, 1000),
		Participants:     or(l.Participants, 5000),
		Tracks:           or(l.Tracks, 16),
		SignalBytes:      or(l.SignalBytes, 256<<10),
		SignalRate:       or(l.SignalRate, 50),
		JoinRequestBytes: or(l.JoinRequestBytes, 128<<10),
		RequestBytes:     or(l.RequestBytes, 128<<10),
		QueuedSignals:    or(l.QueuedSignals, 1024),
		QueuedMedia:      or(l.QueuedMedia, 1024),
		DataBytes:        or(l.DataBytes, 64<<10),
		DataRate:         or(l.DataRate, 1500),
		DataByteRate:     or(l.DataByteRate, 2<<20),
		CommandRate:      or(l.CommandRate, 4),
		MetadataBytes:    or(l.MetadataBytes, 16<<10),
	}
}

func (t Times) withDefaults() Times {
	return Times{
		PingInterval: or(t.PingInterval, 5*time.Second),
		PingTimeout:  or(t.PingTimeout, 15*time.Second),
		Write:        or(t.Write, 5*time.Second),
		Resume:       or(t.Resume, 10*time.Second),
		Media:        or(t.Media, 30*time.Second),
		Webhooks:     or(t.Webhooks, 5*time.Second),
		EmptyRoom:    or(t.EmptyRoom, 20*time.Second),
		TokenRefresh: or(t.TokenRefresh, 5*time.Minute),
		TokenTTL:     or(t.TokenTTL, 10*time.Minute),
	}
}

func or[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}
