package load

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strconv"
	"time"

	"github.com/easel-live/easel/bench/machine"
	"github.com/easel-live/easel/bench/stats"
)

// Options of a run.
type Options struct {
	URL         string // ws:// or wss:// of the server
	ViewerURL   string // of the viewers, when they go another way; empty: URL
	Key, Secret string // API key pair that the server knows
	Run         string // names the rooms of this run; two runs may not share it
	Rooms       int
	Viewers     int // in each room
	Bitrate     int // of each publisher, bits per second
	Duration    time.Duration
	JoinRate    float64 // viewers per second
	Codec       Codec
	Content     Kind
	Cipher      Cipher
	Feedback    Feedback
	Seed        uint64
	PID         int           // of the server; 0: whoever listens on the URL's port here
	Metrics     string        // URL of the server's Prometheus page; may be empty
	Wait        time.Duration // for the server to listen, at most
	Log         *slog.Logger
}

const (
	// settleTimeout is how long viewers may take to their first picture after
	// the last one joined.
	settleTimeout = 30 * time.Second
	// warmUp passes between the last viewer's first picture and the measurement.
	warmUp = 2 * time.Second
	// grace is how long packets of the measurement may still arrive after it.
	grace = 500 * time.Millisecond
)

// Run puts the load on the server, measures for opts.Duration, and takes
// everything down again. It returns what it has when ctx ends early: nothing.
func Run(ctx context.Context, opts Options) (report *Report, err error) {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Rooms < 1 || opts.Viewers < 1 || opts.Bitrate < 1000 || opts.Duration < time.Second || opts.JoinRate <= 0 {
		return nil, fmt.Errorf("%w: rooms, viewers, bitrate, seconds and join rate must be positive", ErrOption)
	}
	target, err := url.Parse(opts.URL)
	if err != nil || target.Host == "" {
		return nil, fmt.Errorf("%w: URL %q", ErrOption, opts.URL)
	}
	local, err := localTo(target)
	if err != nil {
		return nil, err
	}
	if err := awaitServer(ctx, target, opts.Wait); err != nil {
		return nil, err
	}
	r := &run{opts: opts, server: server{metrics: opts.Metrics}}
	if r.server.process, err = findServer(opts.PID, target); err != nil {
		return nil, err
	}
	if r.crowd, err = newCrowd(opts, local, opts.Log); err != nil {
		return nil, err
	}
	defer func() {
		if left := r.crowd.leave(); err == nil && left != nil {
			err = left
		}
	}()
	return r.all(ctx)
}

// findServer is the server's process, when it runs on this machine.
func findServer(pid int, target *url.URL) (machine.Process, error) {
	if pid != 0 {
		return machine.Process{PID: pid}, nil
	}
	port, err := strconv.Atoi(target.Port())
	if err != nil {
		return machine.Process{}, fmt.Errorf("%w: URL without a port: say the server's process", ErrOption)
	}
	return machine.Listener(port)
}

// awaitServer waits until something listens at the target.
func awaitServer(ctx context.Context, target *url.URL, atMost time.Duration) error {
	host := target.Host
	if target.Port() == "" {
		host = net.JoinHostPort(target.Hostname(), map[bool]string{true: "443", false: "80"}[target.Scheme == "wss"])
	}
	for began := time.Now(); ; {
		conn, err := net.Dial("tcp", host)
		if err == nil {
			return conn.Close()
		}
		if time.Since(began) > atMost {
			return fmt.Errorf("load: %w", err)
		}
		if !sleep(ctx, 50*time.Millisecond) {
			return context.Cause(ctx)
		}
	}
}

// run is a run under way.
type run struct {
	opts   Options
	server server
	crowd  *crowd
	marks  []mark // one per second, the first at the beginning
}

// mark is the state of everything at one moment of the measurement.
type mark struct {
	at       time.Time
	usage    usage
	sent     uint64
	seen     seen
	overflow uint64
}

func (r *run) all(ctx context.Context) (*Report, error) {
	empty, err := r.server.usage(ctx)
	if err != nil {
		return nil, err
	}
	if err := r.crowd.open(ctx); err != nil {
		return nil, err
	}
	if err := r.crowd.fill(ctx); err != nil {
		return nil, err
	}
	settling, cancel := context.WithTimeout(ctx, settleTimeout)
	err = r.crowd.settled(settling)
	cancel()
	if err != nil {
		return nil, err
	}
	if !sleep(ctx, warmUp) {
		return nil, context.Cause(ctx)
	}
	before, err := machine.ReadTimes()
	if err != nil {
		return nil, err
	}
	if err := r.measure(ctx); err != nil {
		return nil, err
	}
	after, err := machine.ReadTimes()
	if err != nil {
		return nil, err
	}
	if !sleep(ctx, grace) {
		return nil, context.Cause(ctx)
	}
	return r.report(empty, machine.IdlePercent(before, after))
}

// measure opens the windows and takes a mark every second.
func (r *run) measure(ctx context.Context) error {
	for _, h := range r.crowd.rooms {
		h.base = h.show.sent.Load()
		for _, v := range h.viewers {
			v.openWindow(h.base)
		}
	}
	for _, h := range r.crowd.rooms {
		h.from = h.show.sent.Load()
	}
	if err := r.mark(ctx); err != nil {
		return err
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for range int(r.opts.Duration / time.Second) {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case err := <-r.crowd.failed:
			return err
		case <-tick.C:
		}
		if err := r.mark(ctx); err != nil {
			return err
		}
	}
	for _, h := range r.crowd.rooms {
		h.to = h.show.sent.Load()
	}
	return nil
}

func (r *run) mark(ctx context.Context) error {
	m := mark{at: time.Now()}
	var err error
	if m.usage, err = r.server.usage(ctx); err != nil {
		return err
	}
	if m.overflow, err = machine.UDPOverflows(); err != nil {
		return err
	}
	for _, h := range r.crowd.rooms {
		m.sent += uint64(h.show.sent.Load())
	}
	for v := range r.crowd.viewers {
		if err := v.lost(); err != nil {
			return fmt.Errorf("load: a viewer was lost: %w", err)
		}
		v.addTo(&m.seen)
	}
	r.marks = append(r.marks, m)
	return nil
}

// report turns the marks into figures.
func (r *run) report(empty usage, idle float64) (*Report, error) {
	first, last := r.marks[0], r.marks[len(r.marks)-1]
	where, err := machine.Describe()
	if err != nil {
		return nil, err
	}
	where.IdleDuring = idle
	rep := &Report{
		Rooms: r.opts.Rooms, Viewers: r.opts.Viewers, Bitrate: r.opts.Bitrate,
		Codec: string(r.opts.Codec), Content: string(r.opts.Content), Cipher: string(r.opts.Cipher), Feedback: string(r.opts.Feedback),
		Machine: where, Commit: machine.Commit(),
	}
	rep.Seconds = stats.Round(last.at.Sub(first.at).Seconds(), 1)
	rep.count(r.crowd)
	rep.cost(first, last)
	rep.delays(last.seen.delays.Since(&first.seen.delays))
	rep.joins(r.crowd)
	rep.weigh(empty, last.usage, r.opts.Rooms*r.opts.Viewers)
	rep.UDPOverflows = last.overflow - first.overflow
	rep.timeline(r.marks)
	return rep, nil
}
