package cluster

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/easel-live/easel/bench/browser"
)

// TestRealPodFigures measures, when it is asked for a number of launches, from the
// wish for a session to its first picture in a browser: with a pod that is made
// for it, and with one that waited.
func TestRealPodFigures(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv("EASEL_CLUSTER_FIGURES"))
	if err != nil || n < 1 {
		t.Skip("EASEL_CLUSTER_FIGURES says how many launches to measure; none by default")
	}
	machine(t)
	for _, kind := range []struct {
		name string
		warm []any
	}{{"cold", nil}, {"warm", []any{"standard=1"}}} {
		t.Run(kind.name, func(t *testing.T) {
			r := install(t, func(v map[string]any) {
				sessions := v["sessions"].(map[string]any)
				sessions["storage"], sessions["warm"] = "0", kind.warm // who has files gets no warm pod
			})
			b := r.loggedIn()
			var took []time.Duration
			for range n {
				r.waits(len(kind.warm))
				took = append(took, r.launch(b))
			}
			slices.Sort(took)
			t.Logf("%d launches: p50 %.1f s, p95 %.1f s, the longest %.1f s", n,
				took[n/2].Seconds(), took[n*95/100].Seconds(), took[n-1].Seconds())
		})
	}
}

// launch starts a session, looks at it as soon as it has a page, and ends it.
func (r *release) launch(b *browser.Browser) time.Duration {
	r.t.Helper()
	began := time.Now()
	var s shown
	must(r.t, r.ask(r.t.Context(), http.MethodPost, "/sessions", map[string]any{}, &s))
	must(r.t, b.Open(r.url+"/s/"+s.ID))
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	_, err := b.WaitPicture(ctx)
	must(r.t, err)
	took := time.Since(began)
	must(r.t, b.Open("about:blank"))
	r.end(s.ID)
	return took
}

// waits waits until so many warm pods are ready.
func (r *release) waits(n int) {
	r.t.Helper()
	eventually(r.t, "warm pods", func(ctx context.Context) error {
		pods, err := one.client.CoreV1().Pods(r.sessions).List(ctx, metav1.ListOptions{LabelSelector: "easel.live/kind=warm"})
		if err != nil {
			return err
		}
		ready := 0
		for _, p := range pods.Items {
			if isReady(&p) {
				ready++
			}
		}
		if ready < n {
			return fmt.Errorf("%d of %d are ready", ready, n)
		}
		return nil
	})
}
