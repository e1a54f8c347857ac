package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/easel-live/easel/session"
	"github.com/easel-live/easel/session/kube"
)

// TestWarm: a warm pod is claimed by who has no files yet, its volume becomes
// theirs, and another takes its place; who has files starts on them.
func TestWarm(t *testing.T) {
	w := newTown(t, rules)
	cfg := w.config("easel-0")
	cfg.Warm = map[string]kube.Pool{"standard": {Min: 1}}
	s := w.serve(cfg)
	eventually(t, "a warm pod that the server knows", func(context.Context) error {
		if n := s.metric(t, "easel_warm_pods", nil); n != 1 {
			return fmt.Errorf("it knows %v", n)
		}
		return nil
	})
	wish := session.Wish{ID: session.NewID(), Owner: "ann"}
	s.start(t, wish)
	if n := s.metric(t, "easel_launches_total", map[string]string{"start": "warm", "outcome": "ready"}); n != 1 {
		t.Fatalf("%v warm launches", n)
	}
	pod, claim := w.pod(wish.ID)
	eventually(t, "the token", func(ctx context.Context) error {
		secret, err := one.client.CoreV1().Secrets(w.namespace).Get(ctx, pod.Name, metav1.GetOptions{})
		if err == nil && string(secret.Data["token"]) != "token of "+wish.ID {
			err = fmt.Errorf("it is %q", secret.Data["token"])
		}
		return err
	})
	w.warm(1)

	s.end(t, wish.ID)
	s.start(t, wish)
	if n := s.metric(t, "easel_launches_total", map[string]string{"start": "cold", "outcome": "ready"}); n != 1 {
		t.Errorf("%v cold launches", n)
	}
	again, same := w.pod(wish.ID)
	if same != claim || folder(again) != folder(pod) {
		t.Errorf("resumed on %s/%s, not on %s/%s", same, folder(again), claim, folder(pod))
	}
	second := session.Wish{ID: session.NewID(), Owner: "ann"}
	s.start(t, second)
	if other, where := w.pod(second.ID); where != claim || folder(other) == folder(pod) {
		t.Errorf("her second session is in %s/%s", where, folder(other))
	}
	must(t, s.Close(t.Context()))
	s.stop()
	w.noWarm()
	must(t, w.left())
}

func folder(p *corev1.Pod) string {
	for _, m := range p.Spec.Containers[0].VolumeMounts {
		if m.Name == "workspace" {
			return m.SubPath
		}
	}
	return ""
}

// warm waits until so many warm pods are ready.
func (w *town) warm(n int) {
	w.t.Helper()
	eventually(w.t, "warm pods", func(ctx context.Context) error {
		pods, err := one.client.CoreV1().Pods(w.namespace).List(ctx, metav1.ListOptions{LabelSelector: "easel.live/kind=warm"})
		if err != nil {
			return err
		}
		have := 0
		for _, p := range pods.Items {
			if isReady(&p) && p.DeletionTimestamp == nil {
				have++
			}
		}
		if have != n {
			err = fmt.Errorf("%d are ready, not %d", have, n)
		}
		return err
	})
}

// noWarm takes the warm pods away, as an operator does who uninstalls.
func (w *town) noWarm() {
	must(w.t, one.client.CoreV1().Pods(w.namespace).DeleteCollection(context.Background(), metav1.DeleteOptions{}, metav1.ListOptions{LabelSelector: "easel.live/kind=warm"}))
}

// rounds is how often two servers race for one warm pod.
func rounds() int {
	if n, err := strconv.Atoi(os.Getenv("EASEL_CLUSTER_ROUNDS")); err == nil {
		return n
	}
	return 100
}

// TestTwoServersRaceForOneWarmPod: it never has two owners, and the one that
// loses gets another.
func TestTwoServersRaceForOneWarmPod(t *testing.T) {
	w := newTown(t, rules)
	keeper := w.config("easel-2")
	keeper.Warm = map[string]kube.Pool{"standard": {Min: 1}}
	w.serve(keeper)
	racers := []*server{w.serve(w.config("easel-0")), w.serve(w.config("easel-1"))}
	warm := 0.0
	for round := range rounds() {
		w.warm(1)
		var wishes [2]session.Wish
		var both sync.WaitGroup
		for i, s := range racers {
			wishes[i] = session.Wish{ID: session.NewID(), Owner: fmt.Sprintf("person %d of round %d", i, round)}
			both.Go(func() {
				if _, err := s.Create(wishes[i]); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		for i, s := range racers {
			if got := s.await(t, wishes[i].ID); got.State != session.Ready {
				t.Fatalf("round %d: %+v", round, got)
			}
		}
		a, _ := w.pod(wishes[0].ID)
		b, _ := w.pod(wishes[1].ID)
		if a.UID == b.UID {
			t.Fatalf("round %d: two owners of %s", round, a.Name)
		}
		for i, s := range racers {
			s.end(t, wishes[i].ID)
		}
	}
	for _, s := range racers {
		warm += s.metric(t, "easel_launches_total", map[string]string{"start": "warm", "outcome": "ready"})
	}
	t.Logf("%v of %d launches were warm", warm, 2*rounds())
	if warm < float64(rounds())/2 { // a racer's informer may not know the pod yet
		t.Errorf("%v warm launches in %d rounds: there was no race", warm, rounds())
	}
}

// TestManyAtOnceShareThePool: of one server's launches, too, each gets a pod of
// its own.
func TestManyAtOnceShareThePool(t *testing.T) {
	w := newTown(t, rules)
	cfg := w.config("easel-0")
	cfg.Warm = map[string]kube.Pool{"standard": {Min: 3}}
	s := w.serve(cfg)
	w.warm(3)
	seen := make(map[string]bool)
	var ids []string
	for i := range 10 {
		made, err := s.Create(session.Wish{ID: session.NewID(), Owner: fmt.Sprint("person ", i)})
		must(t, err)
		ids = append(ids, made.ID)
	}
	for _, id := range ids {
		if got := s.await(t, id); got.State != session.Ready {
			t.Fatalf("%+v", got)
		}
		pod, _ := w.pod(id)
		if seen[pod.Name] {
			t.Errorf("two sessions in %s", pod.Name)
		}
		seen[pod.Name] = true
	}
	w.warm(3)
	must(t, s.Close(t.Context()))
	s.stop()
	w.noWarm()
	must(t, w.left())
	if _, err := s.Create(session.Wish{ID: session.NewID()}); !errors.Is(err, session.ErrClosed) {
		t.Errorf("%v", err)
	}
}
