package load

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/livekit/protocol/auth"
	"github.com/pion/webrtc/v4"
	"golang.org/x/time/rate"

	"github.com/easel-live/easel/signaling/client"
)

// crowd is everyone of a run.
type crowd struct {
	opts       Options
	format     format
	log        *slog.Logger
	publishAPI *webrtc.API
	watchAPI   *webrtc.API
	rooms      []*house
	running    sync.WaitGroup // publishers
	stop       context.CancelFunc
	failed     chan error // a publisher's end, at most one is kept
}

// house is one room's publisher and viewers.
type house struct {
	name    string
	show    *publisher
	viewers []*viewer
	base    uint32 // where its viewers' windows begin
	from    uint32 // where the measurement begins
	to      uint32 // where it ends
}

// joinTimeout bounds one join, until the server's word.
const joinTimeout = 20 * time.Second

func newCrowd(opts Options, local net.IP, log *slog.Logger) (*crowd, error) {
	c := &crowd{opts: opts, log: log, failed: make(chan error, 1)}
	var err error
	if c.format, err = opts.Codec.format(); err != nil {
		return nil, err
	}
	if c.publishAPI, err = newAPI(local, c.format, opts.Cipher, Full); err != nil {
		return nil, err
	}
	if c.watchAPI, err = newAPI(local, c.format, opts.Cipher, opts.Feedback); err != nil {
		return nil, err
	}
	return c, nil
}

// lead is how long the show has run when the first viewer comes: viewers join a
// room that has a picture.
const lead = time.Second

// open starts every room's publisher.
func (c *crowd) open(ctx context.Context) error {
	shows, stop := context.WithCancel(context.Background())
	c.stop = stop
	for i := range c.opts.Rooms {
		h := &house{name: fmt.Sprintf("load-%s-%d", c.opts.Run, i)}
		opts, err := c.member(h.name, "publisher", true)
		if err != nil {
			return err
		}
		seed := c.opts.Seed + uint64(i)
		content, err := c.opts.Content.show(seed, c.opts.Bitrate)
		if err != nil {
			return err
		}
		joining, cancel := context.WithTimeout(ctx, joinTimeout)
		h.show, err = publish(joining, opts, content, c.format, seed)
		cancel()
		if err != nil {
			return err
		}
		c.rooms = append(c.rooms, h)
		c.running.Go(func() {
			if err := h.show.run(shows); err != nil {
				select {
				case c.failed <- err:
				default:
				}
			}
		})
	}
	if !sleep(ctx, lead) {
		return context.Cause(ctx)
	}
	return nil
}

// fill lets the viewers in, room by room in turn, at the rate of the options.
func (c *crowd) fill(ctx context.Context) error {
	var (
		joining sync.WaitGroup
		mu      sync.Mutex
		errs    []error
	)
	pace := rate.NewLimiter(rate.Limit(c.opts.JoinRate), 1)
	for i := range c.opts.Rooms * c.opts.Viewers {
		if err := pace.Wait(ctx); err != nil {
			joining.Wait()
			return fmt.Errorf("load: joining: %w", err)
		}
		h := c.rooms[i%len(c.rooms)]
		joining.Go(func() {
			v, err := c.admit(ctx, h, i/len(c.rooms))
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				errs = append(errs, err)
				return
			}
			h.viewers = append(h.viewers, v)
		})
	}
	joining.Wait()
	if len(errs) > 0 {
		return fmt.Errorf("load: %d of %d viewers did not join: %w", len(errs), c.opts.Rooms*c.opts.Viewers, errs[0])
	}
	return nil
}

func (c *crowd) admit(ctx context.Context, h *house, i int) (*viewer, error) {
	opts, err := c.member(h.name, fmt.Sprintf("viewer-%d", i), false)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, joinTimeout)
	defer cancel()
	return watch(ctx, opts, c.format)
}

// member is how one member of the crowd joins: with a token that any LiveKit
// server takes.
func (c *crowd) member(room, identity string, publisher bool) (client.Options, error) {
	subscriber := !publisher
	raw, err := auth.NewAccessToken(c.opts.Key, c.opts.Secret).
		SetIdentity(identity).
		SetValidFor(tokenTTL).
		SetVideoGrant(&auth.VideoGrant{
			RoomJoin: true, Room: room, CanPublish: &publisher, CanSubscribe: &subscriber,
		}).ToJWT()
	if err != nil {
		return client.Options{}, fmt.Errorf("load: token: %w", err)
	}
	if publisher {
		return client.Options{URL: c.opts.URL, Token: raw, Log: c.log, API: c.publishAPI}, nil
	}
	way := c.opts.URL
	if c.opts.ViewerURL != "" {
		way = c.opts.ViewerURL
	}
	return client.Options{URL: way, Token: raw, Log: c.log, Subscribe: true, API: c.watchAPI}, nil
}

const tokenTTL = time.Hour

// settled waits until every viewer has a picture.
func (c *crowd) settled(ctx context.Context) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		packetless, blind := 0, 0
		for v := range c.viewers {
			if err := v.lost(); err != nil {
				return fmt.Errorf("load: a viewer was lost: %w", err)
			}
			toPacket, toFrame := v.joined()
			if toPacket == 0 {
				packetless++
			}
			if toFrame == 0 {
				blind++
			}
		}
		if blind == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("load: %d viewers got no picture, %d of them no packet: %w", blind, packetless, context.Cause(ctx))
		case <-tick.C:
		}
	}
}

// viewers ranges over everyone who watches.
func (c *crowd) viewers(yield func(*viewer) bool) {
	for _, h := range c.rooms {
		for _, v := range h.viewers {
			if !yield(v) {
				return
			}
		}
	}
}

// leave ends the show and every connection, and waits for them.
func (c *crowd) leave() error {
	if c.stop != nil {
		c.stop()
	}
	c.running.Wait()
	var leaving sync.WaitGroup
	var mu sync.Mutex
	var errs []error
	note := func(err error) {
		mu.Lock()
		defer mu.Unlock()
		errs = append(errs, err)
	}
	for v := range c.viewers {
		leaving.Go(func() { note(v.close()) })
	}
	for _, h := range c.rooms {
		leaving.Go(func() { note(h.show.conn.Close()) })
	}
	leaving.Wait()
	return errors.Join(errs...)
}
