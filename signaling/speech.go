package signaling

import (
	"bytes"
	"compress/flate"
	"io"
	"slices"
	"time"

	"github.com/livekit/protocol/livekit"
	"google.golang.org/protobuf/proto"

	"github.com/easel-live/easel/collab"
)

// topicChat is LiveKit's: its SDKs' chat speaks in text streams of this topic.
const topicChat = "lk.chat"

// maxUtterances is how many messages one sender may be in the middle of; the
// oldest is given up for another.
const maxUtterances = 4

// speech reads one sender's data streams: it makes whole messages of those of
// the chat, and lets all others pass unread. Only the sender's data callbacks
// use it.
type speech struct{ open []*utterance }

// utterance is a chat message on its way.
type utterance struct {
	id       string
	to       [][]byte // identities; none: everyone
	deflated bool
	refused  bool
	content  []byte
	text     string // the whole of it, when it ended well
	at       time.Time
}

// heard is what became of one packet.
type heard struct {
	passes bool
	said   *utterance // a message is whole
	cut    *utterance // a message that receivers saw begin will have no end
}

// take reads one packet of a stream. may says whether the sender may say
// something now; it is asked once a message. An error says why a message is
// refused, or wraps errPacket.
func (s *speech) take(p *packet, now time.Time, may func() error) (heard, error) {
	switch p.value {
	case fieldStreamHeader:
		return s.header(p, now, may)
	case fieldStreamChunk:
		return s.chunk(p)
	default:
		return s.trailer(p)
	}
}

func (s *speech) header(p *packet, now time.Time, may func() error) (heard, error) {
	var h livekit.DataStream_Header
	if proto.Unmarshal(p.stream, &h) != nil {
		return heard{}, errPacket
	}
	if h.GetTopic() != topicChat || h.GetTextHeader() == nil {
		return heard{passes: true}, nil
	}
	u := &utterance{
		id: h.GetStreamId(), at: now,
		deflated: h.GetCompression() == livekit.DataStream_DEFLATE_RAW,
	}
	for _, identity := range p.destinations {
		u.to = append(u.to, bytes.Clone(identity))
	}
	err := may()
	if err == nil && h.GetTotalLength() > collab.MaxSaidBytes {
		err = collab.ErrTooLong
	}
	if h.InlineContent == nil {
		u.refused = err != nil
		s.begin(u)
		return heard{passes: err == nil}, err
	}
	u.content = h.GetInlineContent()
	if err == nil {
		err = u.finish()
	}
	if err != nil {
		return heard{}, err
	}
	return heard{passes: true, said: u}, nil
}

func (s *speech) chunk(p *packet) (heard, error) {
	var c livekit.DataStream_Chunk
	if proto.Unmarshal(p.stream, &c) != nil {
		return heard{}, errPacket
	}
	u := s.find(c.GetStreamId())
	switch {
	case u == nil:
		return heard{passes: true}, nil // not of the chat
	case u.refused:
		return heard{}, nil
	case len(u.content)+len(c.GetContent()) > collab.MaxSaidBytes:
		u.refused, u.content = true, nil
		return heard{cut: u}, collab.ErrTooLong
	}
	u.content = append(u.content, c.GetContent()...)
	return heard{passes: true}, nil
}

func (s *speech) trailer(p *packet) (heard, error) {
	var t livekit.DataStream_Trailer
	if proto.Unmarshal(p.stream, &t) != nil {
		return heard{}, errPacket
	}
	u := s.find(t.GetStreamId())
	if u == nil {
		return heard{passes: true}, nil
	}
	s.open = slices.DeleteFunc(s.open, func(o *utterance) bool { return o == u })
	if u.refused {
		return heard{}, nil
	}
	if err := u.finish(); err != nil {
		return heard{cut: u}, err
	}
	return heard{passes: true, said: u}, nil
}

func (s *speech) find(id string) *utterance {
	for _, u := range s.open {
		if u.id == id {
			return u
		}
	}
	return nil
}

func (s *speech) begin(u *utterance) {
	if len(s.open) >= maxUtterances {
		s.open = s.open[1:]
	}
	s.open = append(s.open, u)
}

// finish reads the text of what was said.
func (u *utterance) finish() error {
	text := u.content
	if u.deflated {
		// One byte over the limit tells a text that is too long from one that fits.
		var err error
		text, err = io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(text)), collab.MaxSaidBytes+1))
		if err != nil {
			return collab.ErrNoText
		}
	}
	u.text, u.content = string(text), nil
	return collab.CheckText(u.text)
}
