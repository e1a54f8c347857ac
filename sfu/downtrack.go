package sfu

import (
	"encoding/binary"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/easel-live/easel/sfu/munge"
	"github.com/easel-live/easel/sfu/packet"
	"github.com/easel-live/easel/sfu/ring"
)

// writer is where a viewer's packets go: direct, through pion, or to a stub.
// Index is the sequence number with the times it rolled over.
type writer interface {
	write(header *rtp.Header, index uint64, payload []byte) error
}

// throughPion sends by pion's WriteStream.
type throughPion struct{ webrtc.TrackLocalWriter }

func (w throughPion) write(header *rtp.Header, _ uint64, payload []byte) error {
	_, err := w.WriteRTP(header, payload)
	return err
}

// downTrack sends one publication to one viewer. It has a cursor into the ring
// of the layer it watches; forwarding is moving the cursor up to the ring's
// head, be it by the packet that just came or by all since the keyframe that a
// newcomer starts from.
type downTrack struct {
	pub   *publication
	shard *shard
	path  *path
	count *counters
	// endSubscription takes down the subscription that this is the sender of.
	endSubscription func()

	marked atomic.Bool // the shard has been told to serve it

	// mu is held by the shard while it sends, and by others only to change
	// what is to be sent.
	mu sync.Mutex

	writer    writer
	direct    *direct                     // is the writer, for good; nil: pion is
	codecs    []webrtc.RTPCodecParameters // that the viewer can decode
	formats   [MaxRenditions]format       // of the renditions
	learned   uint32                      // pub.codecs when formats were; 0: not
	header    rtp.Header                  // of the next packet: extensions are set once
	ssrc      atomic.Uint32               // header's, for those who look for the track
	plain     []rtp.Extension             // of header: what every packet carries
	tinted    []rtp.Extension             // and with colour; nil: not negotiated
	colour    [4]byte                     // of the next packet, part of tinted
	describes uint8                       // identifier of the dependency descriptor; 0: not negotiated
	described []rtp.Extension             // with it
	number    [2]byte                     // transport-wide sequence number, part of header
	numbered  bool                        // the viewer negotiated it
	rtx       rtxStream
	isReady   bool // negotiated, and the transport is up
	isPlaying bool // the viewer can decode some rendition
	isClosed  bool

	pref      Preference
	limit     Quality // the best that the path carries
	pleas     pleas
	mostRung  uint8     // of a layer's ladder: the best that it may have
	rung      uint8     // that it follows
	spatial   uint8     // layer that the rung ends with
	stepAsked time.Time // when a keyframe was asked for to change rungs
	isHeld    bool      // packets wait for the pace; the shard's
	current   *layer    // watched
	target    *layer    // to be watched from its next keyframe on
	paused    *layer    // watched before the pause
	next      uint64    // cursor: index of the next packet of current (or paused)
	began     uint64    // index of the keyframe that current (or paused) was joined at
	munger    munge.Munger[*layer]
	lastSent  time.Time // arrival of the newest packet sent
	packets   uint32
	octets    uint32
	reported  time.Time
	roundTrip time.Duration // 0: unknown
	stillness stillness
	needs     layerSet // layers that it counts as a viewer of
	tail      tail
	needsKey  bool     // nobody asked yet for the keyframe that target begins with
	asks      bucket   // for packets to be sent again
	wanted    []uint16 // output sequence numbers that the viewer asked for again
	again     *resends // made when first asked
	scratch   []byte   // for payloads that have to be changed
}

func newDownTrack(pub *publication, on *shard, way *path, count *counters) *downTrack {
	return &downTrack{pub: pub, shard: on, path: way, count: count, pref: Preference{MaxQuality: High}, limit: High, mostRung: anyRung}
}

// wake has the shard serve this viewer soon.
func (d *downTrack) wake() {
	if !d.marked.Swap(true) {
		d.shard.mark(nil, d)
	}
}

// serve sends what there is for this viewer. Only its shard calls it.
func (d *downTrack) serve(now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.isReady || !d.isPlaying || d.isClosed {
		return
	}
	d.resend(now)
	if l := d.target; l != nil {
		switch {
		case d.join(l):
			d.attend() // to one layer less
			if d.stillness.begin(now) {
				time.AfterFunc(settling[0].after, d.wake)
			}
		case d.needsKey:
			d.needsKey = false
			l.wantKeyframe(now)
		}
	}
	if l := d.current; l != nil {
		d.drain(l, now)
		d.settled(l, now)
	}
	d.sendProbe(now)
}

// drain moves the cursor to the head of l, letting go of the ring every few
// packets.
func (d *downTrack) drain(l *layer, now time.Time) {
	var packets, bytes int
	held := false
	for more := true; more && !held && d.current == l; {
		l.ring.RLock()
		head := l.ring.Head()
		if d.next < l.ring.Oldest() {
			d.current, d.target = nil, l // lapped: start again from a keyframe
		}
		for range burstPackets {
			if d.next > head || d.current != l {
				break
			}
			p := l.ring.At(d.next)
			if p != nil && !d.path.open(now) {
				held = true
				if now.Sub(p.Arrival) > maxBacklog {
					d.current, d.target, d.needsKey = nil, l, true
				}
				break
			}
			if p != nil {
				bytes += d.forward(l, p)
				packets++
			}
			d.next++
		}
		more = d.next <= head
		l.ring.RUnlock()
	}
	if held {
		d.shard.hold(d)
	}
	if d.target == l {
		l.wantKeyframe(now)
	}
	if packets > 0 {
		d.count.packetsOut.Add(uint64(packets))
		d.count.bytesOut.Add(uint64(bytes))
	}
}

// sendLate sends packets that came after their successors. Only the shard calls
// it.
func (d *downTrack) sendLate(l *layer, indices []uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.isReady || !d.isPlaying || d.isClosed || d.current != l {
		return
	}
	l.ring.RLock()
	defer l.ring.RUnlock()
	for _, index := range indices {
		if index >= d.next {
			continue
		}
		if p := l.ring.At(index); p != nil {
			d.forward(l, p)
		}
	}
}

// overhead is what UDP, IP and SRTP add to a packet's header and payload, and
// the header itself, in bytes.
const overhead = 28 + 16 + 24

// depart tells the path of a packet and puts the number it gets into the header.
func (d *downTrack) depart(payload int, probe uint8) {
	sequence := d.path.number(payload+overhead, d.numbered, probe, time.Now())
	binary.BigEndian.PutUint16(d.number[:], sequence)
}

// forward sends one packet of l and returns its payload's size. The caller
// holds d.mu and l's ring.
func (d *downTrack) forward(l *layer, p *ring.Packet) int {
	in, payload := munge.In{Index: p.Index, Timestamp: p.Timestamp, VP8: &p.VP8}, p.Payload
	if p.Steps.In != 0 && !d.admits(l, p) {
		if p.Index >= d.next {
			d.munger.Drop(l, in)
			return 0
		}
		payload = nil // it left a gap while it was missing, which is now filled
	}
	out, ok := d.munger.Map(l, in)
	if !ok {
		return 0
	}
	d.header.SequenceNumber = out.Sequence
	d.header.Timestamp = out.Timestamp
	d.header.Marker = d.endsPicture(p)
	d.dress(p)
	d.depart(len(payload), 0)
	if out.Shift != (packet.Shift{}) && p.VP8.Size > 0 && payload != nil {
		payload = append(d.scratch[:0], payload...)
		p.VP8.Patch(payload, out.Shift)
		d.scratch = payload
	}
	if err := d.writer.write(&d.header, out.Index, payload); err != nil {
		d.count.writeErrors.Add(1)
		return 0
	}
	d.packets++
	d.octets += uint32(len(payload))
	d.lastSent = p.Arrival
	return len(payload)
}
