package signaling_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/livekit/protocol/livekit"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/easel-live/easel/internal/room"
)

// rawClient speaks the protocol message by message, and so what SDKs never say.
type rawClient struct {
	t    testing.TB
	ws   *websocket.Conn
	json bool
}

// joinQuery encodes a join request as clients do.
func joinQuery(t *testing.T, req *livekit.JoinRequest, compress bool) string {
	t.Helper()
	inner, err := proto.Marshal(req)
	if err != nil {
		t.Fatal(err)
	}
	wrapped := &livekit.WrappedJoinRequest{JoinRequest: inner}
	if compress {
		wrapped.Compression = livekit.WrappedJoinRequest_GZIP
		wrapped.JoinRequest = zip(t, inner)
	}
	raw, err := proto.Marshal(wrapped)
	if err != nil {
		t.Fatal(err)
	}
	return base64.URLEncoding.EncodeToString(raw)
}

func zip(t *testing.T, raw []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(raw); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// connect opens a WebSocket with these parameters.
func (h *house) connect(path string, params url.Values) *rawClient {
	h.t.Helper()
	ws, resp, err := websocket.DefaultDialer.Dial(h.url+path+"?"+params.Encode(), nil)
	if err != nil {
		status := ""
		if resp != nil {
			status = resp.Status
		}
		h.t.Fatalf("connect: %v %s", err, status)
	}
	h.t.Cleanup(func() { _ = ws.Close() })
	return &rawClient{t: h.t, ws: ws}
}

// join enters with two PeerConnections, of which the test never makes any.
func (h *house) join(identity string, role room.Role) (*rawClient, *livekit.JoinResponse) {
	h.t.Helper()
	c := h.connect("/rtc", url.Values{"access_token": {h.token(identity, role)}, "protocol": {"16"}})
	join := c.read().GetJoin()
	if join == nil {
		h.t.Fatal("the first message is no welcome")
	}
	return c, join
}

func (c *rawClient) read() *livekit.SignalResponse {
	c.t.Helper()
	msg, err := c.tryRead()
	if err != nil {
		c.t.Fatalf("read: %v", err)
	}
	return msg
}

func (c *rawClient) tryRead() (*livekit.SignalResponse, error) {
	if err := c.ws.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return nil, err
	}
	kind, raw, err := c.ws.ReadMessage()
	if err != nil {
		return nil, err
	}
	msg := &livekit.SignalResponse{}
	if kind == websocket.TextMessage {
		c.json = true
		return msg, protojson.Unmarshal(raw, msg)
	}
	return msg, proto.Unmarshal(raw, msg)
}

// find reads until a message matches.
func (c *rawClient) find(what string, match func(*livekit.SignalResponse) bool) *livekit.SignalResponse {
	c.t.Helper()
	for {
		msg, err := c.tryRead()
		if err != nil {
			c.t.Fatalf("%s: %v", what, err)
		}
		if match(msg) {
			return msg
		}
	}
}

// closeReason reads until the server closes, and returns its code and words.
func (c *rawClient) closeReason() (int, string) {
	c.t.Helper()
	for {
		if _, err := c.tryRead(); err != nil {
			var closed *websocket.CloseError
			if !asClose(err, &closed) {
				c.t.Fatalf("ended without a close frame: %v", err)
			}
			return closed.Code, closed.Text
		}
	}
}

func (c *rawClient) send(req *livekit.SignalRequest) {
	c.t.Helper()
	raw, err := proto.Marshal(req)
	if err != nil {
		c.t.Fatal(err)
	}
	c.write(websocket.BinaryMessage, raw)
}

func (c *rawClient) write(kind int, raw []byte) {
	c.t.Helper()
	if err := c.ws.WriteMessage(kind, raw); err != nil {
		c.t.Fatal(err)
	}
}

// ask is a plain HTTP request's status and text.
func (h *house) ask(path string, params url.Values, header http.Header) (int, string) {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.t.Context(), http.MethodGet, h.http.URL+path+"?"+params.Encode(), nil)
	if err != nil {
		h.t.Fatal(err)
	}
	for k, v := range header {
		req.Header[k] = v
	}
	resp, err := h.http.Client().Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return resp.StatusCode, strings.TrimSpace(string(text))
}
