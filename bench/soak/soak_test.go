package soak

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/easel-live/easel/bench/cost"
	"github.com/easel-live/easel/bench/machine"
)

func TestGrowthIsThatAfterTheWarmUp(t *testing.T) {
	var samples []Sample
	for i := range 61 { // 100 MiB that begin at the tenth minute, and 6 MiB an hour
		minute := float64(i)
		s := Sample{Seconds: 60 * minute, MiB: map[string]float64{"agent": 100 + minute/10, "x": 50}}
		if minute < 10 {
			s.MiB["agent"] = 10 * minute
		}
		samples = append(samples, s)
	}
	r := NewReport(samples, 10*time.Minute)
	agent := r.Growth["agent"]
	if math.Abs(agent.Slope-6) > 0.01 || agent.First != 101 || agent.Last != 106 || agent.Most != 106 {
		t.Errorf("%+v", agent)
	}
	if x := r.Growth["x"]; x.Slope != 0 || r.Minutes != 60 {
		t.Errorf("%+v of %v minutes", x, r.Minutes)
	}
	var html bytes.Buffer
	if err := r.Page("again").Write(&html); err != nil || !strings.Contains(html.String(), "6.00") {
		t.Error(err)
	}
	if text := r.String(); !strings.Contains(text, "+6.00") {
		t.Error(text)
	}
	if empty := NewReport(nil, time.Minute); len(empty.Growth) != 0 || empty.Minutes != 0 {
		t.Errorf("%+v", empty)
	}
}

func TestWatch(t *testing.T) {
	self := cost.Parts{"agent": {{PID: os.Getpid(), Name: "self"}}}
	enough := make(chan struct{})
	samples, err := Watch(t.Context(), self, time.Millisecond, func(context.Context) error {
		time.AfterFunc(20*time.Millisecond, func() { close(enough) })
		<-enough
		return nil
	})
	if err != nil || len(samples) == 0 || samples[0].MiB["agent"] < 1 {
		t.Errorf("%+v, %v", samples, err)
	}
	gone := cost.Parts{"agent": {machine.Process{PID: 1 << 30, Name: "gone"}}}
	_, err = Watch(t.Context(), gone, time.Millisecond, func(ctx context.Context) error {
		<-ctx.Done()
		return ctx.Err()
	})
	if err == nil {
		t.Error("a part that is gone was watched")
	}
	failed := errors.New("failed")
	if _, err := Watch(t.Context(), self, time.Hour, func(context.Context) error { return failed }); !errors.Is(err, failed) {
		t.Errorf("got %v", err)
	}
}
