package cluster

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/easel-live/easel/session"
)

// crowd is how many sessions are started at once: enough to find what breaks in
// a crowd, and for the figures as many as are asked for.
func crowd() int {
	if n, err := strconv.Atoi(os.Getenv("EASEL_CLUSTER_SESSIONS")); err == nil {
		return n
	}
	return 200
}

// TestACrowd starts many sessions at once, ends all, and finds nothing left. Its
// figures are for docs/performance.md; none of them decides.
func TestACrowd(t *testing.T) {
	w := newTown(t, rules)
	s := w.serve(w.config("easel-0"))
	n := crowd()
	var mu sync.Mutex
	var took []time.Duration
	var all sync.WaitGroup
	before, began := usage(t), time.Now()
	for i := range n {
		all.Go(func() {
			start := time.Now()
			made, err := s.Create(session.Wish{ID: session.NewID(), Owner: fmt.Sprint("person ", i)})
			if err != nil {
				t.Error(err)
				return
			}
			if got := s.await(t, made.ID); got.State != session.Ready {
				t.Errorf("%+v", got)
			}
			mu.Lock()
			defer mu.Unlock()
			took = append(took, time.Since(start))
		})
	}
	all.Wait()
	up := time.Since(began)
	asked := s.metric(t, "easel_kube_requests_total", nil)
	var memory runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&memory)
	began = time.Now()
	must(t, s.Close(t.Context()))
	down := time.Since(began)
	must(t, w.left())
	if t.Failed() {
		return
	}
	slices.Sort(took)
	t.Logf("%d sessions: all ready in %.1f s, p50 %.2f s, p95 %.2f s; ended in %.1f s", n, up.Seconds(), took[n/2].Seconds(), took[n*95/100].Seconds(), down.Seconds())
	t.Logf("%.1f requests a session to start it, %.1f in all; heap %.1f MB; %.1f ms of processor time a session, the tests' own included",
		asked/float64(n), s.metric(t, "easel_kube_requests_total", nil)/float64(n), float64(memory.HeapAlloc)/1e6, (usage(t)-before).Seconds()*1000/float64(n))
}

// usage is the processor time of this process.
func usage(t *testing.T) time.Duration {
	var u syscall.Rusage
	must(t, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
