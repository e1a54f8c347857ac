package client

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/livekit/protocol/livekit"
)

// A lost link is dialled again with growing pauses; the server forgets a
// participant some seconds after it lost them, so trying for longer is useless.
const (
	resumeFor      = 20 * time.Second
	resumeAttempt  = 5 * time.Second
	resumePause    = 100 * time.Millisecond
	resumePauseMax = 2 * time.Second
)

// resume gets a new link for the same participant and restarts ICE.
func (c *Conn) resume() error {
	ctx, cancel := context.WithTimeoutCause(c.ctx, resumeFor, ErrLost)
	defer cancel()
	var last error
	for pause := time.Duration(0); ; pause = min(max(2*pause, resumePause), resumePauseMax) {
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", context.Cause(ctx), last)
		case <-time.After(pause):
		}
		l, err := c.dialAgain(ctx)
		if err == nil {
			c.adopt(l)
			return nil
		}
		if errors.Is(err, ErrRefused) || errors.Is(err, ErrLeft) {
			return err
		}
		c.log.Debug("resume failed", "error", err)
		last = err
	}
}

func (c *Conn) dialAgain(ctx context.Context) (*link, error) {
	ctx, cancel := context.WithTimeout(ctx, resumeAttempt)
	defer cancel()
	l, first, err := dialLink(ctx, c.opts, &livekit.JoinRequest{
		ClientInfo:         clientInfo(),
		ConnectionSettings: &livekit.ConnectionSettings{AutoSubscribe: c.opts.Subscribe},
		Reconnect:          true,
		ReconnectReason:    livekit.ReconnectReason_RR_SIGNAL_DISCONNECTED,
		ParticipantSid:     c.sid,
	})
	if err != nil {
		return nil, err
	}
	if leave := first.GetLeave(); leave != nil {
		l.close()
		return nil, leaveError(leave)
	}
	if first.GetReconnect() == nil {
		l.close()
		return nil, fmt.Errorf("%w: server answered a resume with %T", ErrLost, first.GetMessage())
	}
	return l, nil
}

// adopt takes a resumed link into use: what the lost one may have swallowed is
// said again.
func (c *Conn) adopt(l *link) {
	c.mu.Lock()
	l.pace = c.pace
	c.link = l
	attrs := maps.Clone(c.attrs)
	c.mu.Unlock()
	if len(attrs) > 0 {
		if err := l.write(attributesRequest(attrs)); err != nil {
			c.log.Debug("attributes after resume", "error", err)
		}
	}
	c.offers.resumed()
	c.log.Info("signal connection resumed")
}
