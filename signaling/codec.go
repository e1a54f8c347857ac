package signaling

import (
	"errors"
	"fmt"

	"github.com/gorilla/websocket"
	"github.com/livekit/protocol/livekit"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// errSignal is wrapped by decodeSignal's errors.
var errSignal = errors.New("malformed signal message")

// decodeSignal reads a client's message from a binary (protobuf) or text (JSON)
// frame.
func decodeSignal(frame int, raw []byte) (*livekit.SignalRequest, error) {
	req := &livekit.SignalRequest{}
	var err error
	if frame == websocket.TextMessage {
		err = protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(raw, req)
	} else {
		err = proto.Unmarshal(raw, req)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errSignal, err)
	}
	return req, nil
}

// encode marshals a server's message. Its own messages always encode: an error
// is a bug, told by a nil result that senders skip.
func encode(msg *livekit.SignalResponse) []byte {
	raw, err := proto.Marshal(msg)
	if err != nil {
		return nil
	}
	return raw
}

// asJSON turns an encoded message into its text form, for clients that speak JSON.
func asJSON(raw []byte) ([]byte, error) {
	msg := &livekit.SignalResponse{}
	if err := proto.Unmarshal(raw, msg); err != nil {
		return nil, err
	}
	return protojson.Marshal(msg)
}
