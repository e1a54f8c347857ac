package client

import (
	"errors"
	"fmt"
	"sync"

	"github.com/livekit/protocol/livekit"
	"github.com/pion/webrtc/v4"
	"google.golang.org/protobuf/proto"
)

const (
	reliableLabel = "_reliable"
	lossyLabel    = "_lossy"

	// maxWaiting bounds the reliable messages that wait for the channel to open.
	maxWaiting = 256
	// maxReliable and maxLossy bound what a channel has buffered, in bytes.
	maxReliable = 8 << 20
	maxLossy    = 64 << 10
)

// ErrCongested: the network takes data more slowly than it is sent.
var ErrCongested = errors.New("client: data channel congested")

// data is the pair of data channels.
type data struct {
	lossy, reliable *webrtc.DataChannel

	mu      sync.Mutex
	opened  bool
	waiting [][]byte // reliable messages sent before the channel opened
}

func (d *data) open(c *Conn) error {
	unordered, ordered, never := false, true, uint16(0)
	var err error
	d.lossy, err = c.pc.CreateDataChannel(lossyLabel, &webrtc.DataChannelInit{Ordered: &unordered, MaxRetransmits: &never})
	if err != nil {
		return fmt.Errorf("client: data channel: %w", err)
	}
	d.reliable, err = c.pc.CreateDataChannel(reliableLabel, &webrtc.DataChannelInit{Ordered: &ordered})
	if err != nil {
		return fmt.Errorf("client: data channel: %w", err)
	}
	d.lossy.OnMessage(c.onData)
	d.reliable.OnMessage(c.onData)
	d.reliable.OnOpen(func() {
		if err := d.flush(); err != nil {
			c.log.Warn("data sent before the channel opened is lost", "error", err)
		}
	})
	return nil
}

func (d *data) flush() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.opened = true
	for _, raw := range d.waiting {
		if err := d.reliable.Send(raw); err != nil {
			return err
		}
	}
	d.waiting = nil
	return nil
}

func (d *data) sendReliable(raw []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case !d.opened && len(d.waiting) >= maxWaiting, d.opened && d.reliable.BufferedAmount() > maxReliable:
		return ErrCongested
	case !d.opened:
		d.waiting = append(d.waiting, raw)
		return nil
	default:
		return d.reliable.Send(raw)
	}
}

// sendLossy sends now or not at all.
func (d *data) sendLossy(raw []byte) error {
	if d.lossy.ReadyState() != webrtc.DataChannelStateOpen || d.lossy.BufferedAmount() > maxLossy {
		return nil
	}
	return d.lossy.Send(raw)
}

// PublishData sends a data packet on a topic; no destinations: to everyone. A
// reliable packet waits, within a bound, for the channel to open; a lossy one
// is dropped, without an error, when the channel is not open or is congested.
func (c *Conn) PublishData(topic string, payload []byte, reliable bool, to ...string) error {
	return c.Publish(&livekit.DataPacket{
		DestinationIdentities: to,
		Value: &livekit.DataPacket_User{
			User: &livekit.UserPacket{Payload: payload, Topic: &topic},
		},
	}, reliable)
}

// Publish sends a data packet of any kind: streams and calls are some, too.
func (c *Conn) Publish(packet *livekit.DataPacket, reliable bool) error {
	kind, send := livekit.DataPacket_LOSSY, c.data.sendLossy
	if reliable {
		kind, send = livekit.DataPacket_RELIABLE, c.data.sendReliable
	}
	//lint:ignore SA1019 older SDKs read it
	packet.Kind = kind
	raw, err := proto.Marshal(packet)
	if err != nil {
		return fmt.Errorf("client: encode data: %w", err)
	}
	if c.ctx.Err() != nil {
		return ErrClosed
	}
	if err := send(raw); err != nil {
		return fmt.Errorf("client: send data: %w", err)
	}
	return nil
}

func (c *Conn) onData(m webrtc.DataChannelMessage) {
	packet := &livekit.DataPacket{}
	if err := proto.Unmarshal(m.Data, packet); err != nil {
		c.log.Debug("bad data packet", "error", err)
		return
	}
	user := packet.GetUser()
	if user == nil {
		return
	}
	from, topic, payload := packet.GetParticipantIdentity(), user.GetTopic(), user.GetPayload()
	c.post(func() { c.handler.OnData(from, topic, payload) })
}
