//go:build network

package e2e

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/easel-live/easel/bench/stats"
)

// runs is how often each figure is taken; EASEL_RUNS says otherwise.
func runs() int {
	if n, err := strconv.Atoi(os.Getenv("EASEL_RUNS")); err == nil && n > 0 {
		return n
	}
	return 12
}

// TestNetworkFigures says how long the canvas takes to be there behind each
// firewall, and to change its way in the middle of a session.
func TestNetworkFigures(t *testing.T) {
	var out strings.Builder
	table := tabwriter.NewWriter(&out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "ms\tn\tp50\tp95\tmax\t")
	row := func(name string, values []float64) {
		s := stats.Summarize(values)
		fmt.Fprintf(table, "%s\t%d\t%.0f\t%.0f\t%.0f\t\n", name, s.N, s.P50, s.P95, s.Max)
	}
	for _, host := range []struct {
		name  string
		env   []string
		walls []struct{ wall, way string }
	}{
		{"", nil, []struct{ wall, way string }{{"", "webrtc-udp"}, {"no UDP", "webrtc-tcp"}, {"the page's TCP", "turn"}}},
		{", no TURN", []string{"EASEL_TURN_PAGE=false"}, []struct{ wall, way string }{{"the page's TCP", "vnc"}}},
	} {
		w := lay(t, host.env...)
		s := start(t, w.inst)
		b := w.chromium("")
		w.open(b, s, "owner", "webrtc-udp") // what a browser loads once
		for _, c := range host.walls {
			w.wall(c.wall)
			var first, settled []float64
			for range runs() {
				at := w.open(b, s, "owner", c.way)
				first, settled = append(first, at.First), append(settled, at.At)
			}
			row(fmt.Sprintf("%q%s: first picture", c.wall, host.name), first)
			row("by "+c.way, settled)
		}
		if host.env == nil { // media that is cut comes back by the page's port
			var over []float64
			for range (runs() + 2) / 3 {
				w.wall("")
				at := w.open(b, s, "owner", "webrtc-udp")
				w.wall("no media")
				cut := time.Now()
				over = append(over, shownBy(t, b, "turn", at.At+1).since(cut))
			}
			row("media cut: by turn", over)
			continue
		}
		w.wall("")
		at := w.open(b, s, "owner", "webrtc-udp")
		for _, lasts := range []struct {
			cut  time.Duration
			runs int
		}{{0, runs()}, {20 * time.Second, (runs() + 2) / 3}} {
			var away, back []float64
			for range lasts.runs {
				cut := time.Now()
				w.wall("no media")
				at = shownBy(t, b, "vnc", at.At+1)
				away = append(away, at.since(cut))
				time.Sleep(time.Until(cut.Add(lasts.cut)))
				open := time.Now()
				w.wall("")
				at = shownBy(t, b, "webrtc-udp", at.At+1)
				back = append(back, at.since(open))
			}
			row("media cut: by vnc", away)
			row(fmt.Sprintf("media flows again after %v more: by webrtc-udp", lasts.cut), back)
		}
	}
	if err := table.Flush(); err != nil {
		t.Fatal(err)
	}
	fmt.Print(out.String())
}
