package tunnel

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/hashicorp/yamux"
)

// ErrRefused: the server does not take the agent's token. Trying again is
// pointless.
var ErrRefused = errors.New("tunnel: refused by the server")

const (
	dialTimeout  = 20 * time.Second
	firstBackoff = 250 * time.Millisecond
	lastBackoff  = 10 * time.Second
	// A tunnel that lasted this long starts the backoff anew.
	settled = 30 * time.Second
)

// Service serves one stream and returns when it is done with it; the stream is
// closed then. ctx ends with the tunnel.
type Service func(ctx context.Context, stream net.Conn)

// AgentConfig is what the agent's end needs.
type AgentConfig struct {
	URL      string // ws:// or wss:// of the server
	Token    string // access token with the agent's role
	Services map[string]Service
	Log      *slog.Logger // nil: silence
}

// Run keeps the agent's end of the tunnel up until ctx ends (nil) or the server
// refuses the token (ErrRefused).
func Run(ctx context.Context, c AgentConfig) error {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	backoff := firstBackoff
	for {
		began := time.Now()
		err := c.once(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if errors.Is(err, ErrRefused) {
			return err
		}
		if time.Since(began) > settled {
			backoff = firstBackoff
		}
		c.Log.Warn("tunnel down, trying again", "error", err, "in", backoff)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(backoff):
		}
		backoff = min(2*backoff, lastBackoff)
	}
}

// once dials and serves streams until the tunnel breaks.
func (c AgentConfig) once(ctx context.Context) error {
	ws, err := c.dial(ctx)
	if err != nil {
		return err
	}
	session, err := yamux.Server(newSocket(ws), multiplex())
	if err != nil {
		return errors.Join(err, ws.Close())
	}
	ctx, cancel := context.WithCancel(ctx)
	var streams sync.WaitGroup
	defer func() {
		cancel()
		session.Close()
		streams.Wait()
	}()
	stop := context.AfterFunc(ctx, func() { session.Close() })
	defer stop()
	c.Log.Info("tunnel up", "server", ws.RemoteAddr())

	places := make(chan struct{}, maxStreams)
	for {
		stream, err := session.AcceptStream()
		if err != nil {
			return err
		}
		select {
		case places <- struct{}{}:
		default:
			_ = answer(stream, busy) // the stream is closed either way
			stream.Close()
			continue
		}
		streams.Go(func() {
			defer func() { <-places }()
			c.serve(ctx, stream)
		})
	}
}

func (c AgentConfig) dial(ctx context.Context) (*websocket.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	dialer := websocket.Dialer{Proxy: http.ProxyFromEnvironment}
	header := http.Header{"Authorization": {"Bearer " + c.Token}}
	ws, response, err := dialer.DialContext(ctx, strings.TrimSuffix(c.URL, "/")+Path, header)
	if err == nil {
		return ws, nil
	}
	if response != nil {
		response.Body.Close()
		if s := response.StatusCode; s == http.StatusUnauthorized || s == http.StatusForbidden {
			return nil, fmt.Errorf("%w: %s", ErrRefused, response.Status)
		}
		return nil, fmt.Errorf("tunnel: %s", response.Status)
	}
	return nil, fmt.Errorf("tunnel: %w", err)
}

func (c AgentConfig) serve(ctx context.Context, stream net.Conn) {
	defer stream.Close()
	name, err := asked(stream)
	if err != nil {
		c.Log.Debug("stream without a service", "error", err)
		return
	}
	service := c.Services[name]
	if service == nil {
		_ = answer(stream, unknown) // the stream is closed either way
		return
	}
	if answer(stream, accepted) == nil {
		service(ctx, stream)
	}
}
