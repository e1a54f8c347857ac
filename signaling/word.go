package signaling

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/livekit/protocol/livekit"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/easel-live/easel/sfu"
	"github.com/easel-live/easel/wire"
)

// Words are what a window's client is told besides the picture, and says besides
// its hand: JSON, one object a message.
//
//	{"type":"state", …}  the room as it is, whenever something of it changes
//	{"type":"data",  …}  a data packet, in either direction
//	{"type":"echo"}      is answered by the same
type (
	stateWord struct {
		Type     string       `json:"type"`
		Me       string       `json:"me"`
		Metadata string       `json:"metadata"` // the room's; the lease is in it
		People   []personWord `json:"people"`   // agents included, hidden ones not
	}
	personWord struct {
		Identity   string            `json:"identity"`
		SID        string            `json:"sid"`
		Name       string            `json:"name"`
		Agent      bool              `json:"agent,omitempty"`
		Attributes map[string]string `json:"attributes"`
	}
	dataWord struct {
		Type    string   `json:"type"`
		Topic   string   `json:"topic"`
		From    string   `json:"from,omitempty"` // identity; empty: the server
		To      []string `json:"to,omitempty"`   // identities; empty: everyone
		Lossy   bool     `json:"lossy,omitempty"`
		Payload []byte   `json:"payload"` // base64
	}
)

// tellState tells a window the room as it is.
func (v *Visit) tellState() {
	r := v.room
	people := make([]personWord, 0, len(r.present))
	for _, p := range r.present {
		if !p.claims.Hidden || p.claims.Identity == v.identity {
			people = append(people, personWord{
				Identity: p.claims.Identity, SID: p.sid, Name: p.name,
				Agent: p.claims.Kind == livekit.ParticipantInfo_AGENT, Attributes: p.attributes,
			})
		}
	}
	slices.SortFunc(people, func(a, b personWord) int {
		return r.present[a.Identity].joined.Compare(r.present[b.Identity].joined)
	})
	word, err := json.Marshal(stateWord{Type: "state", Me: v.identity, Metadata: r.info.Metadata, People: people})
	if err != nil {
		r.log.Error("state not encoded", "error", err)
		return
	}
	v.window.Tell(word)
}

// tellWindows tells the room's state to all windows.
func (r *liveRoom) tellWindows() {
	for _, p := range r.present {
		if v := p.visit.Load(); v != nil {
			v.tellState()
		}
	}
}

// wordOf puts a data packet into a word; nil for one that says nothing at a
// window: the picture there has its own pointer, if not its shape, and frames
// without RTP.
func wordOf(kind sfu.DataKind, raw []byte) ([]byte, error) {
	packet, err := peek(raw)
	if err != nil || packet.value != fieldUser {
		return nil, err
	}
	topic := string(packet.topic)
	if topic == wire.TopicFrame || topic == wire.TopicCursor && kind == sfu.Lossy {
		return nil, nil
	}
	return json.Marshal(dataWord{
		Type: "data", Topic: topic, From: senderOf(raw), Lossy: kind == sfu.Lossy, Payload: packet.payload,
	})
}

// senderOf is the identity that a stamped packet names: the last one, as
// decoders read it.
func senderOf(raw []byte) (identity string) {
	_ = fields(raw, func(n protowire.Number, _ protowire.Type, value []byte) error {
		if n == fieldIdentity {
			identity = string(value)
		}
		return nil
	})
	return identity
}

// echoed answers who wants to know whether the way to the window lives.
var echoed = []byte(`{"type":"echo"}`)

// readWord reads what a client says; all but an echo is a data packet.
func readWord(word []byte) (d dataWord, err error) {
	if err = json.Unmarshal(word, &d); err != nil {
		return d, fmt.Errorf("%w: %w", errPacket, err)
	}
	if d.Type != "data" && d.Type != "echo" {
		return d, fmt.Errorf("%w: a word of type %.32q", errPacket, d.Type)
	}
	return d, nil
}

// packet is the data packet that a word stands for.
func (d dataWord) packet() (sfu.DataKind, []byte, error) {
	kind := sfu.Reliable
	if d.Lossy {
		kind = sfu.Lossy
	}
	raw, err := proto.Marshal(&livekit.DataPacket{
		DestinationIdentities: d.To,
		Value:                 &livekit.DataPacket_User{User: &livekit.UserPacket{Payload: d.Payload, Topic: &d.Topic}},
	})
	return kind, raw, err
}
