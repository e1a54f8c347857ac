// Package ring holds the last packets of one layer, shared by all its viewers.
//
// A packet is parsed once, on arrival, and copied once, into a slot that is
// reused when the ring comes round; from then on every viewer, retransmission
// and late joiner reads it in place. A slot is found by the packet's index: its
// RTP sequence number extended to 64 bits, so that comparisons never wrap.
//
// One goroutine writes. Readers hold RLock while they use a packet and let go
// every few packets, so that the writer never waits long.
package ring

import (
	"sync"
	"time"

	"github.com/easel-live/easel/sfu/packet"
)

// MaxPayload is the largest payload kept, in bytes; media is packetized to fit
// an Ethernet frame.
const MaxPayload = 1500

// Packet is one RTP packet as it came from the publisher.
type Packet struct {
	Index     uint64 // extended sequence number
	Timestamp uint32 // RTP units
	Marker    bool
	Key       bool       // begins a frame that a decoder can start from
	VP8       packet.VP8 // zero for other codecs
	Arrival   time.Time

	// Colour is the value of the color-space extension, if the packet has it.
	// (The longer form, with what a bright screen needs to know, is not kept.)
	Colour     [4]byte
	IsColoured bool

	Steps packet.Steps // zero: the stream has no layers that could be left out

	Descriptor []byte // dependency descriptor, if there is one; valid as Payload is
	Payload    []byte // valid while the ring is locked
}

type slot struct {
	Packet
	store [MaxPayload]byte
}

// Ring keeps the newest packets of a layer.
type Ring struct {
	mu    sync.RWMutex
	slots []slot
	head  uint64 // index of the newest packet; 0: empty
	first uint64 // index of the first packet ever

	key       uint64 // index of the newest keyframe's first packet; 0: none
	keyTime   uint32
	keyFrames int // frames that began since, the keyframe included
	lastFrame uint32
	missing   int // packets before head that never came, since the last reset
}

// base keeps indices positive when a packet older than the first one arrives.
const base = 1 << 16

// New makes a ring of size slots; size is a power of two.
func New(size int) *Ring { return &Ring{slots: make([]slot, size)} }

// Arrived says what Put did with a packet.
type Arrived struct {
	Index uint64
	Late  bool // it filled a gap before the head
	Key   bool // it begins the newest keyframe

	In uint32 // see packet.Steps
}

// Put stores p, which was parsed from a packet of codec c. ok is false when the
// packet is a repetition, too old or too large.
func (r *Ring) Put(p *packet.RTP, c packet.Codec, now time.Time) (a Arrived, ok bool) {
	if len(p.Payload)+len(p.Descriptor) > MaxPayload {
		return Arrived{}, false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	a.Index = r.extend(p.Sequence)
	s := &r.slots[a.Index&uint64(len(r.slots)-1)]
	switch {
	case r.head == 0:
		r.head, r.first = a.Index, a.Index
		r.lastFrame = p.Timestamp - 1
	case a.Index > r.head:
		if gap := a.Index - r.head - 1; gap > 0 {
			r.missing = min(r.missing+int(min(gap, uint64(len(r.slots)))), len(r.slots))
		}
		r.head = a.Index
	case a.Index+uint64(len(r.slots)) <= r.head || s.Index == a.Index:
		return Arrived{}, false
	default:
		a.Late = true
		r.missing = max(r.missing-1, 0)
	}
	s.Packet = Packet{Index: a.Index, Timestamp: p.Timestamp, Marker: p.Marker, Arrival: now, Steps: p.Steps}
	if len(p.Colour) == len(s.Colour) {
		s.Colour, s.IsColoured = [4]byte(p.Colour), true
	}
	s.Payload = s.store[:copy(s.store[:], p.Payload)]
	if len(p.Descriptor) > 0 {
		at := len(s.Payload)
		s.Descriptor = s.store[at : at+copy(s.store[at:], p.Descriptor)]
	}
	if c == packet.CodecVP8 {
		s.VP8, _ = packet.ParseVP8(s.Payload)
		s.Key = s.VP8.Key
		if s.Steps.In == 0 {
			s.Steps = s.VP8.Steps(s.Marker)
		}
	} else {
		s.Key = len(s.Payload) > 0 && packet.StartsKeyframe(c, s.Payload)
	}
	a.In = s.Steps.In
	a.Key = r.countFrame(s)
	return a, true
}

// countFrame keeps the keyframe index and the number of frames since.
func (r *Ring) countFrame(s *slot) bool {
	if s.Timestamp != r.lastFrame && int32(s.Timestamp-r.lastFrame) > 0 {
		r.lastFrame = s.Timestamp
		r.keyFrames++
	}
	if !s.Key {
		return false
	}
	if r.key != 0 && s.Timestamp == r.keyTime && s.Index > r.key {
		return false // parameter sets came in an earlier packet of the frame
	}
	if s.Index < r.key && s.Timestamp != r.keyTime {
		return false
	}
	r.key, r.keyTime, r.keyFrames = s.Index, s.Timestamp, 1
	return true
}

func (r *Ring) extend(sequence uint16) uint64 {
	if r.head == 0 {
		return base + uint64(sequence)
	}
	return uint64(int64(r.head) + int64(int16(sequence-uint16(r.head))))
}

// RLock lets the caller use packets until RUnlock.
func (r *Ring) RLock() { r.mu.RLock() }

// RUnlock ends the use of packets.
func (r *Ring) RUnlock() { r.mu.RUnlock() }

// Head is the index of the newest packet, 0 when there is none. The caller
// holds RLock.
func (r *Ring) Head() uint64 { return r.head }

// At is the packet with the given index, nil when it never came or has been
// overwritten. The caller holds RLock.
func (r *Ring) At(index uint64) *Packet {
	s := &r.slots[index&uint64(len(r.slots)-1)]
	if s.Index != index || index == 0 {
		return nil
	}
	return &s.Packet
}

// Oldest is the lowest index that can still be in the ring. The caller holds
// RLock.
func (r *Ring) Oldest() uint64 {
	if r.head < r.first+uint64(len(r.slots)) {
		return r.first
	}
	return r.head - uint64(len(r.slots)) + 1
}

// Key is the first packet of the newest keyframe, nil when there is none in the
// ring. The caller holds RLock.
func (r *Ring) Key() *Packet {
	if r.key == 0 {
		return nil
	}
	return r.At(r.key)
}

// Complete is Key when everything from it to the head is in the ring and it
// makes no more than maxFrames frames: what a newcomer can start from without
// asking anybody. The caller holds RLock.
func (r *Ring) Complete(maxFrames int) *Packet {
	key := r.Key()
	if key == nil || r.keyFrames > maxFrames {
		return nil
	}
	for i := key.Index; i <= r.head; i++ {
		if r.At(i) == nil {
			return nil
		}
	}
	return key
}

// Missing is about how many packets are awaited from retransmission. Forgive
// gives them up.
func (r *Ring) Missing() int {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.missing
}

// Forgive gives up on the packets that are missing.
func (r *Ring) Forgive() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.missing = 0
}
