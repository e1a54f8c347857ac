package client

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/livekit/protocol/livekit"
	"github.com/pion/webrtc/v4"
)

// run owns the connection: it reads the link, resumes it when it is lost, and
// at the end takes everything down.
func (c *Conn) run() {
	defer close(c.done)
	var owned sync.WaitGroup
	owned.Go(c.dispatch)
	owned.Go(c.negotiate)
	// A full room is more than the backlog holds: the handler must be taking.
	c.tell(c.present)
	for c.ctx.Err() == nil {
		err := c.serve(c.link)
		c.mu.Lock()
		c.link = nil
		c.mu.Unlock()
		if c.ctx.Err() != nil {
			break
		}
		c.log.Info("signal connection lost, resuming", "error", err)
		if err := c.resume(); err != nil {
			c.cancel(err)
		}
	}
	if err := c.pc.GracefulClose(); err != nil {
		c.log.Debug("closing the transport", "error", err)
	}
	c.watchers.Wait()
	owned.Wait()
	err := context.Cause(c.ctx)
	if errors.Is(err, ErrClosed) {
		err = nil
	}
	c.handler.OnClosed(err)
}

// dispatch calls the handler until the connection ends.
func (c *Conn) dispatch() {
	for {
		select {
		case fn := <-c.events:
			fn()
		case <-c.ctx.Done():
			return
		}
	}
}

// serve reads one link until it fails or the connection ends.
func (c *Conn) serve(l *link) error {
	ctx, cancel := context.WithCancel(c.ctx)
	var pings sync.WaitGroup
	pings.Go(func() { l.keepAlive(ctx) })
	stop := context.AfterFunc(ctx, l.close)
	defer func() {
		cancel()
		stop()
		l.close()
		pings.Wait()
	}()
	for {
		msg, err := l.read()
		if err != nil {
			return err
		}
		if err := c.handle(msg); err != nil {
			return err
		}
	}
}

// handle acts on one message; an error drops the link.
func (c *Conn) handle(msg *livekit.SignalResponse) error {
	switch m := msg.GetMessage().(type) {
	case *livekit.SignalResponse_Answer:
		c.offers.answered(m.Answer)
	case *livekit.SignalResponse_Trickle:
		c.offers.trickled(c, m.Trickle)
	case *livekit.SignalResponse_Update:
		c.tell(c.people.update(m.Update))
	case *livekit.SignalResponse_TrackPublished:
		c.adding.published(m.TrackPublished)
	case *livekit.SignalResponse_SubscribedQualityUpdate:
		c.onWatched(m.SubscribedQualityUpdate)
	case *livekit.SignalResponse_MediaSectionsRequirement:
		return c.moreSections(m.MediaSectionsRequirement)
	case *livekit.SignalResponse_RequestResponse:
		c.onRefusal(m.RequestResponse)
	case *livekit.SignalResponse_RefreshToken:
		c.opts.Token = m.RefreshToken
	case *livekit.SignalResponse_Leave:
		if m.Leave.GetAction() != livekit.LeaveRequest_RESUME {
			c.cancel(leaveError(m.Leave))
		}
		return leaveError(m.Leave)
	}
	return nil
}

func (c *Conn) onRefusal(r *livekit.RequestResponse) {
	if r.GetReason() == livekit.RequestResponse_OK {
		return
	}
	if add := r.GetAddTrack(); add != nil {
		c.adding.refused(add.GetCid(), fmt.Errorf("%w: %s %s", ErrRefused, r.GetReason(), r.GetMessage()))
		return
	}
	c.log.Warn("server refused a request", "reason", r.GetReason(), "text", r.GetMessage())
}

func leaveError(l *livekit.LeaveRequest) error {
	return fmt.Errorf("%w: %s (%s)", ErrLeft, l.GetReason(), l.GetAction())
}

// onTransport watches the media side: when it fails while the signal
// connection stands, dropping that makes the resume restart ICE.
func (c *Conn) onTransport(s webrtc.PeerConnectionState) {
	c.log.Debug("transport", "state", s)
	if s != webrtc.PeerConnectionStateFailed {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.link != nil {
		c.link.close()
	}
}
