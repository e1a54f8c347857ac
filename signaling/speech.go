package signaling

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/livekit/protocol/livekit"
	"google.golang.org/protobuf/proto"

	"github.com/easel-live/easel/collab"
	"github.com/easel-live/easel/internal/room"
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

// maxStreamID bounds what a sender may call a message, in bytes: it is kept with
// it. LiveKit's SDKs give UUIDs.
const maxStreamID = 64

// utterance is a chat message on its way.
type utterance struct {
	id       string
	to       [][]byte // identities; none: everyone
	file     string   // its name, if it is a file; those pass unread, and are counted
	deflated bool
	refused  bool
	content  []byte
	size     int
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
func (s *speech) take(p *packet, now time.Time, may func(file bool) error) (heard, error) {
	switch p.value {
	case fieldStreamHeader:
		return s.header(p, now, may)
	case fieldStreamChunk:
		return s.chunk(p)
	default:
		return s.trailer(p)
	}
}

func (s *speech) header(p *packet, now time.Time, may func(file bool) error) (heard, error) {
	var h livekit.DataStream_Header
	if proto.Unmarshal(p.stream, &h) != nil {
		return heard{}, errPacket
	}
	if h.GetTopic() != topicChat {
		return heard{passes: true}, nil
	}
	if len(h.GetStreamId()) > maxStreamID {
		return heard{}, fmt.Errorf("%w: a stream id of %d bytes", errPacket, len(h.GetStreamId()))
	}
	u := &utterance{
		id: h.GetStreamId(), at: now,
		deflated: h.GetCompression() == livekit.DataStream_DEFLATE_RAW,
	}
	if f := h.GetByteHeader(); f != nil {
		u.file = fileName(f.GetName())
	}
	for _, identity := range p.destinations {
		u.to = append(u.to, bytes.Clone(identity))
	}
	err := may(u.file != "")
	if err == nil && h.GetTotalLength() > uint64(u.limit()) {
		err = u.tooLong()
	}
	if err == nil && u.file != "" && u.deflated {
		err = collab.ErrFileForm // receivers could not bound it
	}
	if h.InlineContent == nil {
		u.refused = err != nil
		s.begin(u)
		return heard{passes: err == nil}, err
	}
	if err == nil && !u.add(h.GetInlineContent()) {
		err = u.tooLong()
	}
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
	case !u.add(c.GetContent()):
		u.refused, u.content = true, nil
		return heard{cut: u}, u.tooLong()
	}
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

// limit is how many bytes it may have on its way.
func (u *utterance) limit() int {
	if u.file != "" {
		return collab.MaxFileBytes
	}
	return collab.MaxSaidBytes
}

func (u *utterance) tooLong() error {
	if u.file != "" {
		return collab.ErrFileSize
	}
	return collab.ErrTooLong
}

// add takes a piece of it, unless that is too much.
func (u *utterance) add(piece []byte) bool {
	if u.size += len(piece); u.size > u.limit() {
		return false
	}
	if u.file == "" {
		u.content = append(u.content, piece...)
	}
	return true
}

// fileName is a file's name as it may be told.
func fileName(name string) string {
	if room.CheckName(name) != nil {
		return "a file"
	}
	return name
}

// finish reads the text of what was said. Of a file, those who come later are told
// that it was there.
func (u *utterance) finish() error {
	if u.file != "" {
		u.text = fmt.Sprintf("Shared a file: %s (%d KB)", u.file, (u.size+999)/1000)
		return nil
	}
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
