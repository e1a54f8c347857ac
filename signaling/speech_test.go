package signaling

import (
	"bytes"
	"compress/flate"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/livekit/protocol/livekit"
	"google.golang.org/protobuf/proto"

	"github.com/easel-live/easel/collab"
)

// speaker feeds one sender's speech.
type speaker struct {
	t *testing.T
	speech
	refusal error
}

func (s *speaker) take(message *livekit.DataPacket) (heard, error) {
	s.t.Helper()
	raw, err := proto.Marshal(message)
	if err != nil {
		s.t.Fatal(err)
	}
	p, err := peek(raw)
	if err != nil {
		s.t.Fatal(err)
	}
	return s.speech.take(&p, time.Now(), func(bool) error { return s.refusal })
}

func (s *speaker) header(change func(*livekit.DataStream_Header)) (heard, error) {
	h := &livekit.DataStream_Header{
		StreamId: "one", Topic: topicChat,
		ContentHeader: &livekit.DataStream_Header_TextHeader{TextHeader: &livekit.DataStream_TextHeader{}},
	}
	if change != nil {
		change(h)
	}
	return s.take(&livekit.DataPacket{Value: &livekit.DataPacket_StreamHeader{StreamHeader: h}})
}

func (s *speaker) chunk(content string) (heard, error) {
	return s.take(&livekit.DataPacket{Value: &livekit.DataPacket_StreamChunk{
		StreamChunk: &livekit.DataStream_Chunk{StreamId: "one", Content: []byte(content)},
	}})
}

func (s *speaker) trailer() (heard, error) {
	return s.take(&livekit.DataPacket{Value: &livekit.DataPacket_StreamTrailer{
		StreamTrailer: &livekit.DataStream_Trailer{StreamId: "one"},
	}})
}

func deflated(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestSpeechInPieces(t *testing.T) {
	s := &speaker{t: t}
	for _, step := range []func() (heard, error){
		func() (heard, error) { return s.header(nil) },
		func() (heard, error) { return s.chunk("good ") },
		func() (heard, error) { return s.chunk("line") },
	} {
		if h, err := step(); err != nil || !h.passes || h.said != nil {
			t.Fatalf("%+v, %v", h, err)
		}
	}
	h, err := s.trailer()
	if err != nil || !h.passes || h.said == nil || h.said.text != "good line" || len(s.open) != 0 {
		t.Fatalf("%+v, %v, %d open", h, err, len(s.open))
	}
}

func TestSpeechInOnePacket(t *testing.T) {
	s := &speaker{t: t}
	text := strings.Repeat("ha ", 100)
	h, err := s.header(func(h *livekit.DataStream_Header) {
		h.InlineContent, h.Compression = deflated(t, text), livekit.DataStream_DEFLATE_RAW
	})
	if err != nil || !h.passes || h.said == nil || h.said.text != text {
		t.Fatalf("%+v, %v", h, err)
	}
}

func TestSpeechRefuses(t *testing.T) {
	bomb := deflated(t, strings.Repeat("x", 1<<20))
	for name, c := range map[string]struct {
		refusal error
		change  func(*livekit.DataStream_Header)
		want    error
	}{
		"whoever may not speak": {collab.ErrChatMuted, nil, collab.ErrChatMuted},
		"a length over the limit": {nil, func(h *livekit.DataStream_Header) {
			h.TotalLength = proto.Uint64(collab.MaxSaidBytes + 1)
		}, collab.ErrTooLong},
		"a bomb": {nil, func(h *livekit.DataStream_Header) {
			h.InlineContent, h.Compression = bomb, livekit.DataStream_DEFLATE_RAW
		}, collab.ErrTooLong},
		"what does not inflate": {nil, func(h *livekit.DataStream_Header) {
			h.InlineContent, h.Compression = []byte("\xff\xff\xff"), livekit.DataStream_DEFLATE_RAW
		}, collab.ErrNoText},
		"a file over the limit": {nil, func(h *livekit.DataStream_Header) {
			aFile("big.png")(h)
			h.TotalLength = proto.Uint64(collab.MaxFileBytes + 1)
		}, collab.ErrFileSize},
		"a file that might inflate": {nil, func(h *livekit.DataStream_Header) {
			aFile("bomb.png")(h)
			h.Compression = livekit.DataStream_DEFLATE_RAW
		}, collab.ErrFileForm},
		"nothing": {nil, func(h *livekit.DataStream_Header) { h.InlineContent = []byte{} }, collab.ErrNoText},
	} {
		s := &speaker{t: t, refusal: c.refusal}
		if h, err := s.header(c.change); !errors.Is(err, c.want) || h.passes || h.said != nil {
			t.Errorf("%s: %+v, %v", name, h, err)
		}
		if h, err := s.chunk("x"); err != nil || h.passes && len(s.open) > 0 {
			t.Errorf("%s: a piece after the refusal: %+v, %v", name, h, err)
		}
	}
}

// A message that grows too long is ended for those who saw it begin.
func TestSpeechIsCutOff(t *testing.T) {
	s := &speaker{t: t}
	if h, err := s.header(nil); err != nil || !h.passes {
		t.Fatalf("%+v, %v", h, err)
	}
	h, err := s.chunk(strings.Repeat("x", collab.MaxSaidBytes+1))
	if !errors.Is(err, collab.ErrTooLong) || h.passes || h.cut == nil {
		t.Fatalf("%+v, %v", h, err)
	}
	if h, err = s.trailer(); err != nil || h.passes || h.cut != nil || h.said != nil {
		t.Fatalf("its end: %+v, %v", h, err)
	}
}

// aFile makes a stream one of bytes.
func aFile(name string) func(*livekit.DataStream_Header) {
	return func(h *livekit.DataStream_Header) {
		h.ContentHeader = &livekit.DataStream_Header_ByteHeader{ByteHeader: &livekit.DataStream_ByteHeader{Name: name}}
	}
}

// A file passes unread, those who come later hear of it, and one that grows over
// the limit, whatever it said, is cut off.
func TestFilesPass(t *testing.T) {
	for name, want := range map[string]string{
		"sketch.png": "Shared a file: sketch.png (9 KB)", "gnp.\u202ekcart": "Shared a file: a file (9 KB)",
	} {
		s := &speaker{t: t}
		if h, err := s.header(aFile(name)); err != nil || !h.passes {
			t.Fatalf("%+v, %v", h, err)
		}
		if h, err := s.chunk(strings.Repeat("x", 9000)); err != nil || !h.passes || s.open[0].content != nil {
			t.Fatalf("%+v, %v", h, err)
		}
		if h, err := s.trailer(); err != nil || !h.passes || h.said == nil || h.said.text != want {
			t.Fatalf("%+v, %v", h, err)
		}
	}
	s := &speaker{t: t}
	if h, err := s.header(aFile("endless.png")); err != nil || !h.passes {
		t.Fatalf("%+v, %v", h, err)
	}
	for range 8 {
		if h, err := s.chunk(strings.Repeat("x", 1<<20)); err != nil || !h.passes {
			t.Fatalf("%+v, %v", h, err)
		}
	}
	if h, err := s.chunk("x"); !errors.Is(err, collab.ErrFileSize) || h.passes || h.cut == nil {
		t.Fatalf("%+v, %v", h, err)
	}
}

func TestOtherStreamsPass(t *testing.T) {
	s := &speaker{t: t, refusal: collab.ErrChatMuted}
	if h, err := s.header(func(h *livekit.DataStream_Header) { h.Topic = "files" }); err != nil || !h.passes {
		t.Fatalf("%+v, %v", h, err)
	}
	if h, err := s.chunk(strings.Repeat("x", 2*collab.MaxSaidBytes)); err != nil || !h.passes {
		t.Fatalf("%+v, %v", h, err)
	}
}

func FuzzSpeech(f *testing.F) {
	f.Add([]byte{}, byte(fieldStreamHeader))
	f.Add([]byte("\n\x03one\x1a\x07lk.chat"), byte(fieldStreamHeader))
	f.Fuzz(func(t *testing.T, stream []byte, value byte) {
		var s speech
		p := packet{value: fieldStreamHeader, stream: stream}
		if value%3 == 1 {
			p.value = fieldStreamChunk
		} else if value%3 == 2 {
			p.value = fieldStreamTrailer
		}
		h, err := s.take(&p, time.Now(), func(bool) error { return nil })
		if h.said != nil && (err != nil || collab.CheckText(h.said.text) != nil) {
			t.Fatalf("said %q, %v", h.said.text, err)
		}
	})
}
