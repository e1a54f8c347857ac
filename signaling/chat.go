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
	if h.said != nil && len(h.said.to) == 0 {
		p.room.chat.Keep(collab.Said{
			ID: h.said.id, Identity: p.claims.Identity, Name: p.claims.Name, Text: h.said.text, At: h.said.at,
		})
	}
	if !h.passes {
		p.drop("chat")
		return
	}
	p.forward(kind, raw, packet)
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
	for _, s := range p.room.chat.History() {
		length := uint64(len(s.Text))
		for _, message := range []*livekit.DataPacket{
			{Value: &livekit.DataPacket_StreamHeader{StreamHeader: &livekit.DataStream_Header{
				StreamId: s.ID, Timestamp: s.At.UnixMilli(), Topic: topicChat, MimeType: "text/plain", TotalLength: &length,
				Attributes:    map[string]string{attributeName: s.Name},
				ContentHeader: &livekit.DataStream_Header_TextHeader{TextHeader: &livekit.DataStream_TextHeader{}},
			}}},
			{Value: &livekit.DataPacket_StreamChunk{StreamChunk: &livekit.DataStream_Chunk{StreamId: s.ID, Content: []byte(s.Text)}}},
			{Value: &livekit.DataPacket_StreamTrailer{StreamTrailer: &livekit.DataStream_Trailer{StreamId: s.ID}}},
		} {
			message.ParticipantIdentity = s.Identity
			if raw, err := proto.Marshal(message); err == nil {
				p.sendData(sfu.Reliable, raw)
			}
		}
	}
}
