package vitals

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
)

// Service is what streams for vitals are opened to.
const Service = "vitals"

// maxBytes bounds an answer.
const maxBytes = 4 << 10

// Vitals are an agent's, since it started.
type Vitals struct {
	UptimeSeconds float64 `json:"uptime_seconds"`
	CPUSeconds    float64 `json:"cpu_seconds"`  // user and system
	MemoryBytes   float64 `json:"memory_bytes"` // resident now
	Captures      float64 `json:"captures"`     // grabs of the display
	Frames        float64 `json:"frames"`       // encoded, of every layer
	Keyframes     float64 `json:"keyframes"`
	SentBytes     float64 `json:"sent_bytes"` // of encoded video
	Unsent        float64 `json:"unsent"`     // frames that could not be sent
}

// ErrAnswer: what came is not an agent's vitals.
var ErrAnswer = errors.New("vitals: implausible answer")

// Serve answers a stream with what take finds.
func Serve(take func() Vitals) func(context.Context, net.Conn) {
	return func(_ context.Context, stream net.Conn) {
		_ = json.NewEncoder(stream).Encode(take()) // who asked sees a stream that ends early
	}
}

// read takes an answer.
func read(r io.Reader) (Vitals, error) {
	var v Vitals
	b, err := io.ReadAll(io.LimitReader(r, maxBytes))
	if err != nil {
		return v, err
	}
	if err := json.Unmarshal(b, &v); err != nil {
		return v, fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	for _, n := range []float64{v.UptimeSeconds, v.CPUSeconds, v.MemoryBytes, v.Captures, v.Frames, v.Keyframes, v.SentBytes, v.Unsent} {
		if n < 0 || n > math.MaxInt64 {
			return v, fmt.Errorf("%w: %v", ErrAnswer, n)
		}
	}
	return v, nil
}
