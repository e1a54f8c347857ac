package load

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"github.com/easel-live/easel/signaling/client"
)

// publisher shows content in one room.
type publisher struct {
	quiet
	conn    *client.Conn
	track   *client.VideoTrack
	content show
	packets *packetizer
	keys    chan struct{} // somebody needs a key frame
	sent    atomic.Uint32 // packets so far: the next stamp's index
	asked   atomic.Uint64 // key frame requests
	began   time.Time
}

const (
	// keyframeEvery is the shortest time between two key frames.
	keyframeEvery = 200 * time.Millisecond
	// A frame leaves in bursts of burstPackets every burstEvery: 95 Mb/s, the
	// pace of an agent on a fast network.
	burstPackets = 10
	burstEvery   = time.Millisecond
)

// publish joins as a publisher and announces the picture.
func publish(ctx context.Context, opts client.Options, content show, format format, seed uint64) (*publisher, error) {
	noise := rand.New(rand.NewPCG(seed, 1))
	p := &publisher{
		content: content,
		packets: newPacketizer(format, func() byte { return byte(noise.Uint32()) }),
		keys:    make(chan struct{}, 1),
	}
	conn, err := client.Dial(ctx, opts, p)
	if err != nil {
		return nil, fmt.Errorf("load: publisher: %w", err)
	}
	p.conn = conn
	p.track, err = conn.PublishVideo(ctx, client.VideoSpec{
		Name: "display",
		Renditions: []client.Rendition{{
			Codec:  format.capability(),
			Layers: []client.Layer{{Width: pictureWidth, Height: pictureHeight}},
		}},
		OnRTCP: p.onRTCP,
	})
	if err != nil {
		return nil, closing(conn, fmt.Errorf("load: publisher: %w", err))
	}
	return p, nil
}

func (p *publisher) onRTCP(_, _ int, pkt rtcp.Packet) {
	switch pkt.(type) {
	case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
		p.asked.Add(1)
		select {
		case p.keys <- struct{}{}:
		default:
		}
	}
}

// run shows the content until ctx ends.
func (p *publisher) run(ctx context.Context) error {
	p.began = time.Now()
	lastKey := p.began
	if err := p.send(ctx, p.content.Keyframe(), true); err != nil {
		return err
	}
	next := p.content.Next()
	frame := time.NewTimer(next.At)
	defer frame.Stop()
	for {
		key := false
		select {
		case <-ctx.Done():
			return nil
		case <-p.keys:
			if wait := keyframeEvery - time.Since(lastKey); wait > 0 {
				if !sleep(ctx, wait) {
					return nil
				}
			}
			lastKey, key = time.Now(), true
		case <-frame.C:
		}
		size := next.Size
		if key {
			size = p.content.Keyframe()
		} else {
			next = p.content.Next()
			frame.Reset(time.Until(p.began.Add(next.At)))
		}
		if err := p.send(ctx, size, key); err != nil {
			return err
		}
	}
}

// send sends one frame in bursts.
func (p *publisher) send(ctx context.Context, size int, key bool) error {
	timestamp := uint32(time.Since(p.began) * clockRate / time.Second)
	inBurst := 0
	return p.packets.frame(size, key, timestamp, time.Now, func(pkt *rtp.Packet) error {
		if err := p.track.WriteRTP(0, 0, pkt); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("load: publisher: %w", err)
		}
		p.sent.Store(p.packets.index)
		if inBurst++; inBurst == burstPackets {
			inBurst = 0
			sleep(ctx, burstEvery)
		}
		return nil
	})
}

// sleep waits; false when ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
