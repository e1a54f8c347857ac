package sfu

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"

	"github.com/easel-live/easel/sfu/munge"
	"github.com/easel-live/easel/sfu/packet"
	"github.com/easel-live/easel/sfu/ring"
)

// layerID is a layer's place in its publication.
type layerID struct {
	rendition int
	quality   Quality
}

// layer is one simulcast layer of a rendition (or an audio track): the ring of
// its packets and those who follow it, by shard.
type layer struct {
	layerID
	codec packet.Codec
	rate  uint32 // RTP clock, ticks per second
	ring  *ring.Ring
	count *counters

	audiences []audience // by shard
	gather    gather
	meter     meter
	demand    demand
	rungs     atomic.Pointer[rungs] // nil: the stream has no layers within

	source  atomic.Pointer[uplink] // where packets come from and requests go to
	arrival atomic.Int64           // of the last packet, Unix nanoseconds; 0: none
	clock   atomic.Pointer[munge.Clock]
	past    atomic.Uint64 // what the ring holds before this index is no start
	busy    atomic.Int64  // since when packets come without a pause, Unix nanoseconds

	keyMu     sync.Mutex
	keyAsked  time.Time // last keyframe request
	keyWanted bool      // asked for, and none came yet
	muted     bool
}

func newLayer(id layerID, c packet.Codec, rate uint32, slots int, count *counters, shards []*shard) *layer {
	l := &layer{layerID: id, codec: c, rate: rate, ring: ring.New(slots), count: count}
	l.audiences = newAudiences(l, shards)
	return l
}

// receive takes one packet from the publisher to everyone who follows the
// layer. It is called by one goroutine, the uplink's, and waits for nobody.
func (l *layer) receive(p *packet.RTP, size int, now time.Time) {
	l.count.packetsIn.Add(1)
	l.count.bytesIn.Add(uint64(size))
	l.meter.bytes.Add(int64(size))
	a, ok := l.ring.Put(p, l.codec, now)
	if !ok {
		l.count.repeated.Add(1)
		return
	}
	l.arrived(now)
	if a.In != 0 {
		if l.rungs.Load() == nil {
			l.divide(vp8Ladder, vp8Ladder.Within[0])
		}
		l.rungs.Load().add(a.In, size)
	}
	if a.Key && l.codec != packet.Other {
		l.keyframeCame()
	}
	switch {
	case a.Late:
		for i := range l.audiences {
			l.audiences[i].fill(a.Index)
		}
	case l.gather.ready(l, p.Marker || l.codec == packet.Other, now):
		l.advance()
	}
}

// arrived notes that a packet came at now.
func (l *layer) arrived(now time.Time) {
	if !l.isFresh(now, layerPause) {
		l.busy.Store(now.UnixNano())
	}
	l.arrival.Store(now.UnixNano())
}

// advance tells every shard that the ring moved on.
func (l *layer) advance() {
	for i := range l.audiences {
		l.audiences[i].advance()
	}
}

func (l *layer) follow(d *downTrack) { l.audiences[d.shard.index].add(d) }

func (l *layer) leave(d *downTrack) { l.audiences[d.shard.index].remove(d) }

// wantKeyframe asks the publisher for a keyframe: at once, or, when it was
// asked a moment ago, at the next retry unless one comes first. So any number
// of viewers make one request.
func (l *layer) wantKeyframe(now time.Time) { l.wantKeyframeWithin(keyframeSpacing, now) }

// wantKeyframeWithin is wantKeyframe for whom a spacing of its own suits.
func (l *layer) wantKeyframeWithin(spacing time.Duration, now time.Time) {
	if l.codec == packet.Other {
		return
	}
	l.keyMu.Lock()
	l.keyWanted = true
	l.keyMu.Unlock()
	l.askKeyframe(spacing, now)
}

// retryKeyframe repeats a request that brought nothing.
func (l *layer) retryKeyframe(now time.Time) { l.askKeyframe(keyframeSpacing, now) }

// askKeyframe asks if a keyframe is wanted and the last request is long enough ago.
func (l *layer) askKeyframe(spacing time.Duration, now time.Time) {
	l.keyMu.Lock()
	due := l.keyWanted && !l.muted && now.Sub(l.keyAsked) >= spacing
	up := l.source.Load()
	if due && up != nil {
		l.keyAsked = now
	}
	l.keyMu.Unlock()
	if !due || up == nil {
		return
	}
	l.count.plis.Add(1)
	up.writeRTCP(&rtcp.PictureLossIndication{MediaSSRC: up.ssrc})
}

func (l *layer) keyframeCame() {
	l.keyMu.Lock()
	l.keyWanted = false
	l.keyMu.Unlock()
}

func (l *layer) setMuted(muted bool) {
	l.keyMu.Lock()
	l.muted = muted
	l.keyMu.Unlock()
}

// isFresh says whether packets came within d of now.
func (l *layer) isFresh(now time.Time, d time.Duration) bool {
	at := l.arrival.Load()
	return at != 0 && now.UnixNano()-at < int64(d)
}
