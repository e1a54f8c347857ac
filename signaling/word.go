package signaling

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/livekit/protocol/livekit"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/easel-live/easel/collab"
	"github.com/easel-live/easel/sfu"
	"github.com/easel-live/easel/wire"
)

// Words are what a window's client is told besides the picture, and says besides
// its hand: JSON, one object a message.
//
//	{"type":"state", …}  the room as it is, whenever something of it changes
//	{"type":"data",  …}  a data packet, in either direction
//	{"type":"said",  …}  what was said in the chat: the history, then each message
//	{"type":"say",   …}  from the client: something to say there
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
	clientWord struct { // what a client says
		dataWord
		ID   string `json:"id"` // of something to say
		Text string `json:"text"`
	}
	saidWord struct {
		Type  string     `json:"type"`
		Lines []lineWord `json:"lines"` // oldest first
	}
	lineWord struct {
		ID   string `json:"id"` // unique for whom it is from
		From string `json:"from"`
		Name string `json:"name"`
		Text string `json:"text"`
		At   int64  `json:"at"` // Unix milliseconds
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

// tellSaid tells a window what was said.
func (v *Visit) tellSaid(said ...collab.Said) {
	if len(said) == 0 {
		return
	}
	lines := make([]lineWord, len(said))
	for i, s := range said {
		lines[i] = lineWord{ID: s.ID, From: s.Identity, Name: s.Name, Text: s.Text, At: s.At.UnixMilli()}
	}
	word, err := json.Marshal(saidWord{Type: "said", Lines: lines})
	if err != nil {
		v.room.log.Error("chat not encoded", "error", err)
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
// without RTP; of the chat's streams a window is told when they are whole.
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

// readWord reads what a client says; all but an echo stands for data packets.
func readWord(word []byte) (w clientWord, err error) {
	if err = json.Unmarshal(word, &w); err != nil {
		return w, fmt.Errorf("%w: %w", errPacket, err)
	}
	if w.Type != "data" && w.Type != "say" && w.Type != "echo" {
		return w, fmt.Errorf("%w: a word of type %.32q", errPacket, w.Type)
	}
	return w, nil
}

// packets are the data packets that a word stands for.
func (w clientWord) packets(now time.Time) (sfu.DataKind, [][]byte, error) {
	if w.Type == "say" {
		return sfu.Reliable, streamOf(collab.Said{ID: w.ID, Text: w.Text, At: now}), nil
	}
	kind := sfu.Reliable
	if w.Lossy {
		kind = sfu.Lossy
	}
	raw, err := proto.Marshal(&livekit.DataPacket{
		DestinationIdentities: w.To,
		Value:                 &livekit.DataPacket_User{User: &livekit.UserPacket{Payload: w.Payload, Topic: &w.Topic}},
	})
	return kind, [][]byte{raw}, err
}
