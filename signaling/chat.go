package signaling

import (
	"errors"
	"time"

	"github.com/livekit/protocol/livekit"
	"google.golang.org/protobuf/proto"

	"github.com/easel-live/easel/collab"
	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/sfu"
	"github.com/easel-live/easel/wire"
)

// attributeName says in a replayed message who wrote it: they may have left.
const attributeName = "easel.name"

// onStream passes on the packets of data streams. Of the chat it remembers what
// was said, and stops what may not be.
func (p *participant) onStream(kind sfu.DataKind, raw []byte, packet *packet) {
	now := time.Now()
	h, err := p.data.speech.take(packet, now, func(file bool) error {
		may := p.room.arbiter.MayChat
		if file {
			may = p.room.arbiter.MayShare
		}
		if err := may(p.claims.Identity); err != nil {
			return err
		}
		return p.room.chat.MaySpeak(p.claims.Identity, now)
	})
	if errors.Is(err, errPacket) {
		p.drop("malformed")
		return
	}
	if err != nil {
		p.refuse(&wire.Control{Code: reasonWord(err), Reason: err.Error()})
	}
	if h.cut != nil {
		p.cutOff(h.cut, err)
	}
	if h.said != nil {
		p.tell(h.said)
	}
	if !h.passes {
		p.drop("chat")
		return
	}
	p.forward(kind, raw, packet)
}

// tell remembers a message that is whole, and tells it at windows: they are told
// nothing of its pieces.
func (p *participant) tell(u *utterance) {
	said := collab.Said{ID: u.id, Identity: p.claims.Identity, Name: p.claims.Name, Text: u.text, At: u.at}
	if len(u.to) == 0 {
		p.room.chat.Keep(said)
	}
	for q := range p.receivers(u.to) {
		if v := q.visit.Load(); v != nil {
			v.tellSaid(said)
		}
	}
}

// cutOff ends a message that receivers saw begin.
func (p *participant) cutOff(u *utterance, why error) {
	raw, err := proto.Marshal(&livekit.DataPacket{Value: &livekit.DataPacket_StreamTrailer{
		StreamTrailer: &livekit.DataStream_Trailer{StreamId: u.id, Reason: why.Error()},
	}})
	if err == nil {
		p.forward(sfu.Reliable, raw, &packet{destinations: u.to})
	}
}

// sendHistory tells a newcomer what was said before, as streams that any SDK
// reads.
func (p *participant) sendHistory() {
	if p.claims.Role == room.Agent {
		return
	}
	for _, said := range p.room.chat.History() {
		for _, raw := range streamOf(said) {
			p.sendData(sfu.Reliable, raw)
		}
	}
}

// streamOf is a message as the packets of a stream.
func streamOf(s collab.Said) [][]byte {
	length := uint64(len(s.Text))
	header := &livekit.DataStream_Header{
		StreamId: s.ID, Timestamp: s.At.UnixMilli(), Topic: topicChat, MimeType: "text/plain", TotalLength: &length,
		ContentHeader: &livekit.DataStream_Header_TextHeader{TextHeader: &livekit.DataStream_TextHeader{}},
	}
	if s.Name != "" {
		header.Attributes = map[string]string{attributeName: s.Name}
	}
	var packets [][]byte
	for _, message := range []*livekit.DataPacket{
		{Value: &livekit.DataPacket_StreamHeader{StreamHeader: header}},
		{Value: &livekit.DataPacket_StreamChunk{StreamChunk: &livekit.DataStream_Chunk{StreamId: s.ID, Content: []byte(s.Text)}}},
		{Value: &livekit.DataPacket_StreamTrailer{StreamTrailer: &livekit.DataStream_Trailer{StreamId: s.ID}}},
	} {
		message.ParticipantIdentity = s.Identity
		raw, err := proto.Marshal(message)
		if err != nil {
			return nil // a text that is no text; nothing of it was kept
		}
		packets = append(packets, raw)
	}
	return packets
}
