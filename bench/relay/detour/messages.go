package detour

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/livekit/protocol/livekit"
	"google.golang.org/protobuf/proto"
)

// maxInflated bounds a decompressed join request, in bytes.
const maxInflated = 1 << 20

// ErrMessage is wrapped by errors about messages that cannot be read.
var ErrMessage = errors.New("detour: unreadable message")

// fromServer rewrites one SignalResponse; pass is false for those that the
// client must not see.
func fromServer(raw []byte, through Through) (out []byte, pass bool, err error) {
	m := &livekit.SignalResponse{}
	if err := proto.Unmarshal(raw, m); err != nil {
		return nil, false, fmt.Errorf("%w: from the server: %w", ErrMessage, err)
	}
	relayed := func(c string) (string, bool) { return reroute(c, through) }
	switch v := m.GetMessage().(type) {
	case *livekit.SignalResponse_Answer:
		v.Answer.Sdp = mapCandidates(v.Answer.GetSdp(), relayed)
	case *livekit.SignalResponse_Offer:
		v.Offer.Sdp = mapCandidates(v.Offer.GetSdp(), relayed)
	case *livekit.SignalResponse_Join:
		v.Join.IceServers = nil // TURN is another way around
	case *livekit.SignalResponse_Reconnect:
		v.Reconnect.IceServers = nil
	case *livekit.SignalResponse_Trickle:
		init, ok := rerouteTrickle(v.Trickle.GetCandidateInit(), relayed)
		if !ok {
			return nil, false, nil
		}
		v.Trickle.CandidateInit = init
	default:
		return raw, true, nil
	}
	out, err = proto.Marshal(m)
	return out, err == nil, err
}

// rerouteTrickle rewrites the candidate of an RTCIceCandidateInit and keeps the
// rest. The empty candidate that ends a generation passes.
func rerouteTrickle(init string, rewrite func(string) (string, bool)) (string, bool) {
	fields := map[string]json.RawMessage{}
	var candidate string
	if json.Unmarshal([]byte(init), &fields) != nil || json.Unmarshal(fields["candidate"], &candidate) != nil {
		return "", false
	}
	if candidate == "" {
		return init, true
	}
	rewritten, ok := rewrite(candidate)
	if !ok {
		return "", false
	}
	encoded, err := json.Marshal(rewritten)
	if err != nil {
		return "", false
	}
	fields["candidate"] = encoded
	out, err := json.Marshal(fields)
	return string(out), err == nil
}

// fromClient takes the client's own candidates out of one SignalRequest; pass
// is false for a trickled one.
func fromClient(raw []byte) (out []byte, pass bool, err error) {
	m := &livekit.SignalRequest{}
	if err := proto.Unmarshal(raw, m); err != nil {
		return nil, false, fmt.Errorf("%w: from the client: %w", ErrMessage, err)
	}
	switch v := m.GetMessage().(type) {
	case *livekit.SignalRequest_Offer:
		v.Offer.Sdp = mapCandidates(v.Offer.GetSdp(), none)
	case *livekit.SignalRequest_Answer:
		v.Answer.Sdp = mapCandidates(v.Answer.GetSdp(), none)
	case *livekit.SignalRequest_Trickle:
		return nil, false, nil
	default:
		return raw, true, nil
	}
	out, err = proto.Marshal(m)
	return out, err == nil, err
}

// joinRequest takes the client's candidates out of a join_request parameter:
// base64url of a WrappedJoinRequest, which may be compressed.
func joinRequest(param string) (string, error) {
	raw, err := base64.URLEncoding.DecodeString(param)
	if err != nil {
		if raw, err = base64.RawURLEncoding.DecodeString(param); err != nil {
			return "", fmt.Errorf("%w: join request: %w", ErrMessage, err)
		}
	}
	wrapped := &livekit.WrappedJoinRequest{}
	if err := proto.Unmarshal(raw, wrapped); err != nil {
		return "", fmt.Errorf("%w: join request: %w", ErrMessage, err)
	}
	inner := wrapped.GetJoinRequest()
	if wrapped.GetCompression() == livekit.WrappedJoinRequest_GZIP {
		if inner, err = inflate(inner); err != nil {
			return "", err
		}
	}
	join := &livekit.JoinRequest{}
	if err := proto.Unmarshal(inner, join); err != nil {
		return "", fmt.Errorf("%w: join request: %w", ErrMessage, err)
	}
	if offer := join.GetPublisherOffer(); offer != nil {
		offer.Sdp = mapCandidates(offer.GetSdp(), none)
	}
	if inner, err = proto.Marshal(join); err != nil {
		return "", err
	}
	out, err := proto.Marshal(&livekit.WrappedJoinRequest{JoinRequest: inner})
	return base64.URLEncoding.EncodeToString(out), err
}

func inflate(compressed []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(compressed))
	if err != nil {
		return nil, fmt.Errorf("%w: join request: %w", ErrMessage, err)
	}
	plain, err := io.ReadAll(io.LimitReader(r, maxInflated+1))
	if err != nil || len(plain) > maxInflated {
		return nil, fmt.Errorf("%w: join request of over %d bytes, or broken: %w", ErrMessage, maxInflated, err)
	}
	return plain, nil
}
