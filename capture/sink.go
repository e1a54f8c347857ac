package capture

import (
	"github.com/pion/rtp"

	"github.com/easel-live/easel/signaling/client"
)

// Sink takes what a Stream makes: the room, or a test.
type Sink interface {
	// WriteRTP sends a packet of a layer; the packet is valid until it returns.
	WriteRTP(layer LayerID, pkt *rtp.Packet) error
	// PublishData sends a message on a topic, to everyone if to is empty.
	PublishData(topic string, payload []byte, reliable bool, to ...string) error
	// SetAttributes sets attributes of the agent, seen by all.
	SetAttributes(attrs map[string]string) error
	// SetDimensions tells the layers' new sizes, smallest first.
	SetDimensions(layers []client.Layer) error
}

// roomSink is the room as a Sink.
type roomSink struct {
	*client.Conn
	*client.VideoTrack
}

// WriteRTP implements Sink.
func (s roomSink) WriteRTP(layer LayerID, pkt *rtp.Packet) error {
	return s.VideoTrack.WriteRTP(layer.Rendition, layer.Layer, pkt)
}
