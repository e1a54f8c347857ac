package vitals

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// agents answer streams by room.
type agents map[string]func(context.Context, net.Conn)

func (a agents) Open(ctx context.Context, room, service string) (net.Conn, error) {
	serve := a[room]
	if serve == nil || service != Service {
		return nil, errors.New("no such agent")
	}
	here, there := net.Pipe()
	go func() {
		defer there.Close()
		serve(ctx, there)
	}()
	return here, nil
}

func says(words string) func(context.Context, net.Conn) {
	return func(_ context.Context, stream net.Conn) { _, _ = stream.Write([]byte(words)) }
}

// gather reads metrics as "name session value".
func gather(t *testing.T, c *Collector) map[string]float64 {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(c)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			found[f.GetName()+" "+m.GetLabel()[0].GetValue()] = m.GetGauge().GetValue() + m.GetCounter().GetValue()
		}
	}
	return found
}

func TestAgentsTellOfThemselves(t *testing.T) {
	rooms := agents{
		"well":   Serve(func() Vitals { return Vitals{UptimeSeconds: 60, CPUSeconds: 1.5, Frames: 20, SentBytes: 1000} }),
		"liar":   says(`{"frames":-1}`),
		"babble": says(strings.Repeat(`{"frames":`, maxBytes)),
		"mute":   func(ctx context.Context, _ net.Conn) { <-ctx.Done() },
	}
	c := NewCollector(rooms, func() []Session {
		return []Session{{"1", "well"}, {"2", "liar"}, {"3", "babble"}, {"4", "mute"}, {"5", "nobody"}}
	})
	found := gather(t, c)
	for name, want := range map[string]float64{
		"easel_agent_up 1": 1, "easel_agent_cpu_seconds_total 1": 1.5, "easel_agent_frames_total 1": 20, "easel_agent_sent_bytes_total 1": 1000,
		"easel_agent_up 2": 0, "easel_agent_up 3": 0, "easel_agent_up 4": 0, "easel_agent_up 5": 0,
	} {
		if got, there := found[name]; !there || got != want {
			t.Errorf("%s is %v (%v), want %v", name, got, there, want)
		}
	}
	if _, there := found["easel_agent_frames_total 2"]; there {
		t.Error("a liar is believed")
	}
}

func TestSessionsThatAreAskedAreBounded(t *testing.T) {
	c := NewCollector(agents{}, func() []Session {
		many := make([]Session, 2*maxSessions)
		for i := range many {
			many[i].ID = fmt.Sprint(i)
		}
		return many
	})
	if n := len(gather(t, c)); n != maxSessions {
		t.Errorf("%d sessions are told of, want %d", n, maxSessions)
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add(`{"uptime_seconds":1.5,"frames":3}`)
	f.Add(`{"frames":1e400}`)
	f.Add(`[]`)
	f.Fuzz(func(t *testing.T, answer string) {
		v, err := read(strings.NewReader(answer))
		if err == nil && (v.Frames < 0 || v.CPUSeconds != v.CPUSeconds) {
			t.Errorf("%q is believed: %+v", answer, v)
		}
	})
}
