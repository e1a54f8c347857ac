// Package cost measures what a session costs its machine: the processor time of
// each of its processes, and the frames sent, while nobody does anything, while
// somebody draws, scrolls and pans.
package cost

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/easel-live/easel/bench/browser"
	"github.com/easel-live/easel/bench/machine"
	"github.com/easel-live/easel/bench/stats"
)

// ErrNoAgent means that no agent runs on the session's display.
var ErrNoAgent = errors.New("cost: no agent on the display")

// Rates are per second of wall time.
type Rates struct {
	// CPU is milliseconds of processor time by part of the product: "agent",
	// "x", "gimp", "server".
	CPU    map[string]float64 `json:"cpu_ms"`
	Frames float64            `json:"frames"` // that the browser decoded
	KBits  float64            `json:"kbits"`  // of RTP payload that it received
	// Seconds is how long was measured.
	Seconds float64 `json:"seconds"`
}

// Parts are the processes to account for, by part of the product.
type Parts map[string][]machine.Process

// FindParts finds the processes of a session by its display.
func FindParts(display string) (Parts, error) {
	processes, err := machine.ProcessesOf(display)
	if err != nil {
		return nil, err
	}
	parts := make(Parts)
	for _, p := range processes {
		switch {
		case p.Name == "easel-agent":
			parts["agent"] = append(parts["agent"], p)
		case strings.HasPrefix(p.Name, "X"):
			parts["x"] = append(parts["x"], p)
		case strings.HasPrefix(p.Name, "gimp"):
			parts["gimp"] = append(parts["gimp"], p)
		}
	}
	// What GIMP starts looks like another GIMP until it runs its own program.
	parts["gimp"] = slices.DeleteFunc(parts["gimp"], func(p machine.Process) bool {
		return slices.ContainsFunc(processes, func(parent machine.Process) bool {
			return parent.PID == p.Parent && strings.HasPrefix(parent.Name, "gimp")
		})
	})
	if len(parts["agent"]) == 0 {
		return nil, fmt.Errorf("%w %s", ErrNoAgent, display)
	}
	return parts, nil
}

// reading is everything that counts up, at one moment.
type reading struct {
	at     time.Time
	cpu    map[string]time.Duration
	frames int
	bytes  int
}

// Receiver tells what has arrived at the viewer.
type Receiver interface {
	Transport() (browser.Transport, error)
}

func read(parts Parts, receiver Receiver) (reading, error) {
	way, err := receiver.Transport()
	if err != nil {
		return reading{}, err
	}
	r := reading{at: time.Now(), cpu: make(map[string]time.Duration), frames: way.Decoded, bytes: way.Bytes}
	for part, processes := range parts {
		for _, p := range processes {
			used, err := p.CPU()
			if err != nil {
				return r, fmt.Errorf("cost: %s ended while it was measured: %w", p.Name, err)
			}
			r.cpu[part] += used
		}
	}
	return r, nil
}

// During runs work and gives the rates over it.
func During(ctx context.Context, parts Parts, receiver Receiver, work func(context.Context) error) (Rates, error) {
	from, err := read(parts, receiver)
	if err != nil {
		return Rates{}, err
	}
	if err := work(ctx); err != nil {
		return Rates{}, err
	}
	to, err := read(parts, receiver)
	if err != nil {
		return Rates{}, err
	}
	return between(from, to), nil
}

func between(from, to reading) Rates {
	seconds := to.at.Sub(from.at).Seconds()
	r := Rates{
		CPU:     make(map[string]float64, len(to.cpu)),
		Frames:  stats.Round(float64(to.frames-from.frames)/seconds, 2),
		KBits:   stats.Round(float64(to.bytes-from.bytes)*8/1000/seconds, 1),
		Seconds: stats.Round(seconds, 1),
	}
	for part, used := range to.cpu {
		ms := float64(used-from.cpu[part]) / float64(time.Millisecond)
		r.CPU[part] = stats.Round(ms/seconds, 2)
	}
	return r
}
