package signaling

import (
	"bytes"
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/easel-live/easel/sfu"
)

// errPacket is wrapped by peek's errors.
var errPacket = errors.New("malformed data packet")

// Field numbers of livekit.DataPacket and livekit.UserPacket that the server
// looks at; everything else passes through unread.
const (
	fieldKind         = 1
	fieldUser         = 2
	fieldSpeaker      = 3 // only servers send it
	fieldIdentity     = 4
	fieldDestinations = 5
	fieldSID          = 17

	fieldStreamHeader  = 13
	fieldStreamChunk   = 14
	fieldStreamTrailer = 15

	fieldUserPayload      = 2
	fieldUserTopic        = 4
	fieldUserDestinations = 6
)

// isValue says whether a DataPacket field belongs to its oneof.
func isValue(n protowire.Number) bool {
	return n == fieldUser || n == fieldSpeaker || n >= 6 && n <= 15 || n == 18
}

// packet is what the server reads of a data packet. Slices share the packet's
// memory.
type packet struct {
	value        protowire.Number // which kind of value it carries; 0: none
	topic        []byte           // of a user packet
	payload      []byte           // of a user packet
	destinations [][]byte         // identities; none: everyone
	stream       []byte           // a data stream's header, chunk or trailer; nil: no stream
}

// maxDestinations bounds the receivers one packet may name.
const maxDestinations = 256

// peek reads a data packet without unmarshalling it. A packet that carries two
// values, or two topics, is refused: a decoder might see another one of them.
func peek(raw []byte) (packet, error) {
	var p packet
	err := fields(raw, func(n protowire.Number, t protowire.Type, value []byte) error {
		switch {
		case n == fieldDestinations:
			return p.destination(value)
		case !isValue(n):
			return nil
		case p.value != 0:
			return fmt.Errorf("%w: two values", errPacket)
		case t != protowire.BytesType:
			return fmt.Errorf("%w: value of wire type %d", errPacket, t)
		}
		p.value = n
		switch n {
		case fieldUser:
			return p.user(value)
		case fieldStreamHeader, fieldStreamChunk, fieldStreamTrailer:
			p.stream = value
		}
		return nil
	})
	return p, err
}

func (p *packet) user(raw []byte) error {
	return fields(raw, func(n protowire.Number, t protowire.Type, value []byte) error {
		var once *[]byte
		switch n {
		case fieldUserDestinations:
			return p.destination(value)
		case fieldUserTopic:
			once = &p.topic
		case fieldUserPayload:
			once = &p.payload
		default:
			return nil
		}
		if *once != nil || t != protowire.BytesType {
			return fmt.Errorf("%w: user field %d", errPacket, n)
		}
		*once = value
		return nil
	})
}

// destination notes a receiver, once: older SDKs name each in two places.
func (p *packet) destination(identity []byte) error {
	for _, known := range p.destinations {
		if bytes.Equal(known, identity) {
			return nil
		}
	}
	if len(p.destinations) >= maxDestinations {
		return fmt.Errorf("%w: more than %d destinations", errPacket, maxDestinations)
	}
	p.destinations = append(p.destinations, identity)
	return nil
}

// fields calls fn with every field of a message; value is the content of
// length-delimited fields and nil for others.
func fields(raw []byte, fn func(n protowire.Number, t protowire.Type, value []byte) error) error {
	for len(raw) > 0 {
		n, t, used := protowire.ConsumeTag(raw)
		if used < 0 {
			return fmt.Errorf("%w: %w", errPacket, protowire.ParseError(used))
		}
		raw = raw[used:]
		var value []byte
		if t == protowire.BytesType {
			value, used = protowire.ConsumeBytes(raw)
		} else {
			used = protowire.ConsumeFieldValue(n, t, raw)
		}
		if used < 0 {
			return fmt.Errorf("%w: %w", errPacket, protowire.ParseError(used))
		}
		raw = raw[used:]
		if t == protowire.BytesType && value == nil {
			value = []byte{}
		}
		if err := fn(n, t, value); err != nil {
			return err
		}
	}
	return nil
}

// stamp returns the packet with its true sender and kind appended: in protobuf
// the last of several scalars counts, so whatever the client claimed is void.
func stamp(raw []byte, kind sfu.DataKind, identity, sid string) []byte {
	out := make([]byte, 0, len(raw)+len(identity)+len(sid)+12)
	out = append(out, raw...)
	out = protowire.AppendTag(out, fieldKind, protowire.VarintType)
	out = protowire.AppendVarint(out, uint64(kind))
	out = protowire.AppendTag(out, fieldIdentity, protowire.BytesType)
	out = protowire.AppendString(out, identity)
	out = protowire.AppendTag(out, fieldSID, protowire.BytesType)
	return protowire.AppendString(out, sid)
}
