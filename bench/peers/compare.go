package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// scenario is how many watch, and what.
type scenario struct {
	Rooms   int `json:"rooms"`
	Viewers int `json:"viewers"` // in each room
	Bitrate int `json:"bitrate"` // of each publisher, bits per second
}

// parseScenario reads ROOMSxVIEWERS or ROOMSxVIEWERS@BITRATE.
func parseScenario(text string, bitrate int) (scenario, error) {
	s := scenario{Bitrate: bitrate}
	crowd, rate, own := strings.Cut(text, "@")
	_, err := fmt.Sscanf(crowd, "%dx%d", &s.Rooms, &s.Viewers)
	if own && err == nil {
		s.Bitrate, err = strconv.Atoi(rate)
	}
	if err != nil || s.Rooms < 1 || s.Viewers < 1 || s.Bitrate < 1 {
		return s, fmt.Errorf("scenario %q: want ROOMSxVIEWERS or ROOMSxVIEWERS@BITRATE", text)
	}
	return s, nil
}

func (s scenario) String() string {
	return fmt.Sprintf("%dx%d@%gM", s.Rooms, s.Viewers, float64(s.Bitrate)/1e6)
}

// figures are what a run of easel-bench load reports, as far as it is compared.
type figures struct {
	CPU        float64 `json:"cpu_us_per_packet"`
	CPUUser    float64 `json:"cpu_user_us_per_packet"`
	CPUKernel  float64 `json:"cpu_kernel_us_per_packet"`
	Busy       float64 `json:"server_busy_percent"`
	Loss       float64 `json:"loss"`
	DelayP50   float64 `json:"added_delay_p50_ms"`
	DelayP99   float64 `json:"added_delay_p99_ms"`
	JoinP50    float64 `json:"join_p50_ms"`
	JoinP95    float64 `json:"join_p95_ms"`
	Memory     float64 `json:"memory_bytes_per_viewer"`
	Goroutines float64 `json:"goroutines_per_viewer"`
	PacketsOut float64 `json:"packets_out"`
}

// result is one scenario on one server.
type result struct {
	scenario
	Server string            `json:"server"`
	Link   string            `json:"link"`
	Cipher string            `json:"cipher"`
	Median figures           `json:"median"` // of each figure by itself
	Runs   []json.RawMessage `json:"runs"`   // as easel-bench printed them
	each   []figures
}

// add takes what easel-bench printed.
func (r *result) add(runs ...json.RawMessage) error {
	for _, raw := range runs {
		var f figures
		if err := json.Unmarshal(raw, &f); err != nil {
			return fmt.Errorf("figures of easel-bench: %w", err)
		}
		r.Runs, r.each = append(r.Runs, raw), append(r.each, f)
	}
	r.Median = median(r.each)
	return nil
}

// compare runs every scenario on every peer, in turn, o.runs times.
func compare(ctx context.Context, o options, r *road, peers []peer) ([]result, error) {
	var results []result
	for _, s := range o.scenarios {
		row := make([]result, len(peers))
		for i, p := range peers {
			row[i] = result{scenario: s, Server: p.name, Link: r.link, Cipher: o.cipher}
		}
		for round := range o.runs {
			for i, p := range peers {
				fmt.Fprintf(os.Stderr, "%v, run %d of %d: %s\n", s, round+1, o.runs, p.name)
				raw, err := measure(ctx, o, r, p, s)
				if err != nil {
					return results, fmt.Errorf("%s with %v: %w", p.name, s, err)
				}
				if err := row[i].add(raw); err != nil {
					return results, err
				}
			}
		}
		results = append(results, row...)
	}
	return results, nil
}

// measure runs a fresh server and the load on it once.
func measure(ctx context.Context, o options, r *road, p peer, s scenario) (figures json.RawMessage, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, o.limit(s), errors.New("took too long"))
	defer cancel()
	dir, err := os.MkdirTemp("", "easel-peers-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	// A server may let another user into its folder.
	if err := os.Chmod(dir, 0o711); err != nil {
		return nil, err
	}
	args, env, err := p.command(r.address, dir)
	if err != nil {
		return nil, err
	}
	server := process(ctx, slices.Concat(r.serverSide, []string{"taskset", "-c", o.serverCPU}, args), append(env, "GOMEMLIMIT="+o.memory))
	var said bytes.Buffer
	server.Stdout, server.Stderr = &said, &said
	if err := server.Start(); err != nil {
		return nil, fmt.Errorf("start: %w", err)
	}
	defer func() {
		if stopped := stop(server); err != nil {
			err = fmt.Errorf("%w (server: %v, said: %s)", err, stopped, tail(said.Bytes()))
		}
	}()
	base := net.JoinHostPort(r.address, strconv.Itoa(p.port))
	load := process(ctx, slices.Concat(r.loadSide, []string{"taskset", "-c", o.loadCPU, o.bench, "load",
		"--url", "ws://" + base, "--api-key", apiKey, "--api-secret", apiSecret,
		"--metrics", "http://" + net.JoinHostPort(r.address, strconv.Itoa(p.metrics)) + "/metrics",
		"--pid", strconv.Itoa(server.Process.Pid), "--json",
		"--rooms", strconv.Itoa(s.Rooms), "--viewers", strconv.Itoa(s.Viewers),
		"--bitrate", strconv.Itoa(s.Bitrate), "--seconds", strconv.Itoa(o.seconds),
		"--join-rate", strconv.FormatFloat(o.joinRate, 'f', -1, 64),
		"--cipher", o.cipher, "--feedback", o.feedback,
		"--wait", readyTimeout.String(),
	}), []string{"GOMEMLIMIT=" + o.memory})
	var out, complaints bytes.Buffer
	load.Stdout, load.Stderr = &out, &complaints
	if err := load.Run(); err != nil {
		return nil, fmt.Errorf("easel-bench load: %w: %s", err, tail(complaints.Bytes()))
	}
	return json.RawMessage(bytes.TrimSpace(out.Bytes())), nil
}

const (
	readyTimeout = 15 * time.Second
	stopTimeout  = 10 * time.Second
)

// process is a child that ends with this program, whatever happens to it.
func process(ctx context.Context, args, env []string) *exec.Cmd {
	c := exec.CommandContext(ctx, args[0], args[1:]...)
	c.Env = append(os.Environ(), env...)
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
	c.WaitDelay = stopTimeout
	return c
}

// stop ends a server and returns how it ended.
func stop(c *exec.Cmd) error {
	if err := c.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	late := time.AfterFunc(stopTimeout, func() { _ = c.Process.Kill() })
	defer late.Stop()
	return c.Wait()
}

// tail is the end of what a process said.
func tail(said []byte) []byte {
	const most = 2000
	return bytes.TrimSpace(said[max(0, len(said)-most):])
}
