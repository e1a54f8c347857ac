package client

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/livekit/protocol/livekit"
	"google.golang.org/protobuf/proto"
)

const (
	maxSignalBytes = 1 << 20
	writeTimeout   = 5 * time.Second
	firstMessage   = 5 * time.Second
)

// pace is how often a link is pinged, and how long the server may be silent.
type pace struct{ ping, timeout time.Duration }

const (
	defaultPing    = 5 * time.Second
	defaultTimeout = 15 * time.Second
)

func (p *pace) announce(pingSeconds, timeoutSeconds int32) {
	p.ping, p.timeout = defaultPing, defaultTimeout
	if pingSeconds > 0 {
		p.ping = time.Duration(pingSeconds) * time.Second
	}
	if timeoutSeconds > 0 {
		p.timeout = time.Duration(timeoutSeconds) * time.Second
	}
}

// link is one WebSocket to the server. A Conn outlives several.
type link struct {
	ws *websocket.Conn

	writing sync.Mutex

	pace pace
}

// dialLink opens the WebSocket and reads the server's first message: the
// answer to join.
func dialLink(ctx context.Context, opts Options, join *livekit.JoinRequest) (*link, *livekit.SignalResponse, error) {
	u, err := joinURL(opts.URL, join)
	if err != nil {
		return nil, nil, err
	}
	header := http.Header{"Authorization": {"Bearer " + opts.Token}}
	ws, resp, err := websocket.DefaultDialer.DialContext(ctx, u, header)
	if err != nil {
		return nil, nil, dialError(resp, err)
	}
	ws.SetReadLimit(maxSignalBytes)
	l := &link{ws: ws, pace: pace{ping: defaultPing, timeout: firstMessage}}
	stop := context.AfterFunc(ctx, func() { l.close() })
	defer stop()
	first, err := l.read()
	if err != nil {
		l.close()
		return nil, nil, fmt.Errorf("client: first message: %w", err)
	}
	return l, first, nil
}

func joinURL(base string, join *livekit.JoinRequest) (string, error) {
	u, err := url.Parse(base)
	if err != nil {
		return "", fmt.Errorf("client: server URL: %w", err)
	}
	switch u.Scheme {
	case "http":
		u.Scheme = "ws"
	case "https":
		u.Scheme = "wss"
	}
	inner, err := proto.Marshal(join)
	if err != nil {
		return "", fmt.Errorf("client: join request: %w", err)
	}
	wrapped, err := proto.Marshal(&livekit.WrappedJoinRequest{JoinRequest: inner})
	if err != nil {
		return "", fmt.Errorf("client: join request: %w", err)
	}
	u = u.JoinPath("rtc", "v1")
	u.RawQuery = url.Values{"join_request": {base64.URLEncoding.EncodeToString(wrapped)}}.Encode()
	return u.String(), nil
}

// dialError turns the server's refusal into an error that carries its words.
func dialError(resp *http.Response, err error) error {
	if resp == nil {
		return fmt.Errorf("client: dial: %w", err)
	}
	text, _ := io.ReadAll(io.LimitReader(resp.Body, 512))
	words := strings.TrimSpace(string(text))
	switch resp.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusBadRequest:
		return fmt.Errorf("%w: %s: %s", ErrRefused, resp.Status, words)
	}
	return fmt.Errorf("client: dial: %s: %s", resp.Status, words)
}

// read returns the next message. A server silent for longer than the timeout
// it announced is gone.
func (l *link) read() (*livekit.SignalResponse, error) {
	if err := l.ws.SetReadDeadline(time.Now().Add(l.pace.timeout)); err != nil {
		return nil, err
	}
	kind, raw, err := l.ws.ReadMessage()
	if err != nil {
		return nil, err
	}
	if kind != websocket.BinaryMessage {
		return nil, errors.New("text message")
	}
	msg := &livekit.SignalResponse{}
	if err := proto.Unmarshal(raw, msg); err != nil {
		return nil, fmt.Errorf("decode: %w", err)
	}
	return msg, nil
}

func (l *link) write(req *livekit.SignalRequest) error {
	raw, err := proto.Marshal(req)
	if err != nil {
		return fmt.Errorf("client: encode: %w", err)
	}
	l.writing.Lock()
	defer l.writing.Unlock()
	if err := l.ws.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return fmt.Errorf("client: write: %w", err)
	}
	if err := l.ws.WriteMessage(websocket.BinaryMessage, raw); err != nil {
		return fmt.Errorf("client: write: %w", err)
	}
	return nil
}

// keepAlive pings until ctx ends.
func (l *link) keepAlive(ctx context.Context) {
	tick := time.NewTicker(l.pace.ping)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			ping := &livekit.SignalRequest{Message: &livekit.SignalRequest_PingReq{
				PingReq: &livekit.Ping{Timestamp: now.UnixMilli()},
			}}
			if l.write(ping) != nil {
				l.close()
				return
			}
		}
	}
}

func (l *link) close() { _ = l.ws.Close() }
