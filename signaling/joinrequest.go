package signaling

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"

	"github.com/livekit/protocol/livekit"
	"google.golang.org/protobuf/proto"
)

// errJoinRequest is wrapped by errors about a request's parameters.
var errJoinRequest = errors.New("bad join request")

// joinParams are how a client wants to join, from either form of request.
type joinParams struct {
	single        bool // one PeerConnection, the client offers
	tcp           bool // media by ICE-TCP alone: the person has chosen it
	autoSubscribe bool
	reconnect     bool
	sid           string // with reconnect: who they were
	client        *livekit.ClientInfo
	tracks        []*livekit.AddTrackRequest
	offer         *livekit.SessionDescription
	metadata      string
	attributes    map[string]string
	sync          *livekit.SyncState
}

// parseJoin reads a request's query. The presence of join_request decides which
// of the two forms it is; limit bounds a decompressed join request.
func parseJoin(q url.Values, limit int64) (*joinParams, error) {
	if wrapped := q.Get("join_request"); wrapped != "" {
		return decodeJoinRequest(wrapped, limit)
	}
	protocol, _ := strconv.ParseInt(q.Get("protocol"), 10, 32)
	clientProtocol, _ := strconv.ParseInt(q.Get("client_protocol"), 10, 32)
	p := &joinParams{
		autoSubscribe: true,
		reconnect:     truthy(q.Get("reconnect")),
		sid:           q.Get("sid"),
		client: &livekit.ClientInfo{
			Version: q.Get("version"), Protocol: int32(protocol), ClientProtocol: int32(clientProtocol),
		},
	}
	if auto := q.Get("auto_subscribe"); auto != "" {
		p.autoSubscribe = truthy(auto)
	}
	return p, nil
}

func truthy(s string) bool { return s == "1" || s == "true" }

// decodeJoinRequest reads base64url of a WrappedJoinRequest.
func decodeJoinRequest(encoded string, limit int64) (*joinParams, error) {
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(encoded, "="))
	if err != nil {
		return nil, fmt.Errorf("%w: not base64url", errJoinRequest)
	}
	wrapped := &livekit.WrappedJoinRequest{}
	if err := proto.Unmarshal(raw, wrapped); err != nil {
		return nil, fmt.Errorf("%w: not a wrapped join request", errJoinRequest)
	}
	inner := wrapped.GetJoinRequest()
	switch wrapped.GetCompression() {
	case livekit.WrappedJoinRequest_NONE:
	case livekit.WrappedJoinRequest_GZIP:
		if inner, err = gunzip(inner, limit); err != nil {
			return nil, err
		}
	default:
		return nil, fmt.Errorf("%w: unknown compression %d", errJoinRequest, wrapped.GetCompression())
	}
	if int64(len(inner)) > limit {
		return nil, fmt.Errorf("%w: larger than %d bytes", errJoinRequest, limit)
	}
	req := &livekit.JoinRequest{}
	if err := proto.Unmarshal(inner, req); err != nil {
		return nil, fmt.Errorf("%w: not a join request", errJoinRequest)
	}
	p := &joinParams{
		single:        true,
		autoSubscribe: req.GetConnectionSettings().GetAutoSubscribe(),
		reconnect:     req.GetReconnect(),
		sid:           req.GetParticipantSid(),
		client:        req.GetClientInfo(),
		tracks:        req.GetAddTrackRequests(),
		offer:         req.GetPublisherOffer(),
		metadata:      req.GetMetadata(),
		attributes:    req.GetParticipantAttributes(),
		sync:          req.GetSyncState(),
	}
	if p.client == nil {
		p.client = &livekit.ClientInfo{}
	}
	return p, nil
}

// gunzip decompresses at most limit bytes: a small request may hold a bomb.
func gunzip(compressed []byte, limit int64) ([]byte, error) {
	zr, err := gzip.NewReader(bytes.NewReader(compressed))
	if err != nil {
		return nil, fmt.Errorf("%w: not gzip", errJoinRequest)
	}
	out, err := io.ReadAll(io.LimitReader(zr, limit+1))
	if err != nil {
		return nil, fmt.Errorf("%w: broken gzip", errJoinRequest)
	}
	if int64(len(out)) > limit {
		return nil, fmt.Errorf("%w: larger than %d bytes", errJoinRequest, limit)
	}
	return out, nil
}
