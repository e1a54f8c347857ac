package cluster

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/easel-live/easel/session"
	"github.com/easel-live/easel/session/kube"
)

// TestASession is started, has what it should and nothing more, ends, and is
// resumed on its files.
func TestASession(t *testing.T) {
	w := newTown(t, rules)
	s := w.serve(w.config("easel-0"))
	wish := session.Wish{ID: session.NewID(), Name: "Größe & Co", Owner: "ann@example.com"}
	if got := s.start(t, wish); got.State != session.Ready || got.Workspace != "/workspace" {
		t.Fatalf("%+v", got)
	}
	pod, claim := w.pod(wish.ID)
	if pod.Spec.AutomountServiceAccountToken == nil || *pod.Spec.AutomountServiceAccountToken {
		t.Error("the pod has a token for the API server")
	}
	secret, err := one.client.CoreV1().Secrets(w.namespace).Get(t.Context(), pod.Name, metav1.GetOptions{})
	must(t, err)
	if string(secret.Data["token"]) != "token of "+wish.ID {
		t.Errorf("the agent's token: %q", secret.Data["token"])
	}
	size, err := one.client.CoreV1().PersistentVolumeClaims(w.namespace).Get(t.Context(), claim, metav1.GetOptions{})
	must(t, err)
	if got := size.Spec.Resources.Requests.Storage().String(); got != "20Gi" {
		t.Errorf("the workspace has %s", got)
	}
	s.end(t, wish.ID)
	must(t, w.left())

	if got := s.start(t, wish); got.State != session.Ready {
		t.Fatalf("again: %+v", got)
	}
	if _, again := w.pod(wish.ID); again != claim {
		t.Errorf("resumed on %s, not on %s", again, claim)
	}
	other := session.Wish{ID: session.NewID(), Owner: "ann@example.com"}
	s.start(t, other)
	if _, same := w.pod(other.ID); same != claim {
		t.Errorf("another session of the same person is on %s", same)
	}
	must(t, s.Close(t.Context()))
	must(t, w.left())
}

// pod returns a session's pod and the claim of its workspace.
func (w *town) pod(id string) (*corev1.Pod, string) {
	w.t.Helper()
	pods, err := one.client.CoreV1().Pods(w.namespace).List(w.t.Context(), metav1.ListOptions{LabelSelector: "easel.live/session=" + id})
	must(w.t, err)
	if len(pods.Items) != 1 {
		w.t.Fatalf("session %s has %d pods", id, len(pods.Items))
	}
	for _, v := range pods.Items[0].Spec.Volumes {
		if v.PersistentVolumeClaim != nil {
			return &pods.Items[0], v.PersistentVolumeClaim.ClaimName
		}
	}
	return &pods.Items[0], ""
}

// TestTheSameSessionTwice: two servers that are asked for one session make one.
func TestTheSameSessionTwice(t *testing.T) {
	w := newTown(t, rules)
	a, b := w.serve(w.config("easel-0")), w.serve(w.config("easel-1"))
	wish := session.Wish{ID: session.NewID(), Owner: "ann"}
	for _, s := range []*server{a, b} {
		_, err := s.Create(wish)
		must(t, err)
	}
	for _, s := range []*server{a, b} {
		if got := s.await(t, wish.ID); got.State != session.Ready {
			t.Errorf("%+v", got)
		}
	}
	w.pod(wish.ID)
	a.end(t, wish.ID)
	must(t, w.left())
}

// TestThePodIsLost: a session whose pod is deleted, evicted or lost with its
// machine starts again on its files, and people keep their room.
func TestThePodIsLost(t *testing.T) {
	w := newTown(t, rules)
	s := w.serve(w.config("easel-0"))
	wish := session.Wish{ID: session.NewID(), Owner: "ann"}
	s.start(t, wish)
	before, claim := w.pod(wish.ID)
	pods := one.client.CoreV1().Pods(w.namespace)
	lose := map[string]func(*corev1.Pod) error{
		"deleted": func(p *corev1.Pod) error { return pods.Delete(t.Context(), p.Name, metav1.DeleteOptions{}) },
		"evicted": func(p *corev1.Pod) error {
			p.Status.Phase, p.Status.Reason, p.Status.Message = corev1.PodFailed, "Evicted", "The node was low on resource: memory."
			_, err := pods.UpdateStatus(t.Context(), p, metav1.UpdateOptions{})
			return err
		},
	}
	for how, do := range lose {
		before, _ = w.pod(wish.ID)
		must(t, do(before))
		eventually(t, "another pod for the one that was "+how, func(ctx context.Context) error {
			now, err := pods.List(ctx, metav1.ListOptions{LabelSelector: "easel.live/session=" + wish.ID})
			if err != nil {
				return err
			}
			for _, p := range now.Items {
				if p.UID != before.UID && p.DeletionTimestamp == nil && isReady(&p) {
					return nil
				}
			}
			return errors.New("there is none")
		})
		eventually(t, "the old pod's end", func(ctx context.Context) error {
			now, err := pods.List(ctx, metav1.ListOptions{LabelSelector: "easel.live/session=" + wish.ID})
			if err == nil && len(now.Items) != 1 {
				err = fmt.Errorf("%d pods", len(now.Items))
			}
			return err
		})
		if _, now := w.pod(wish.ID); now != claim {
			t.Errorf("%s: it moved from files %s to %s", how, claim, now)
		}
		if got, _ := s.Find(wish.ID); got.State != session.Ready {
			t.Errorf("%s: %+v", how, got)
		}
	}
	s.end(t, wish.ID)
	must(t, w.left())
}

func isReady(p *corev1.Pod) bool {
	for _, c := range p.Status.Conditions {
		if c.Type == corev1.PodReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}

// TestTheServerIsReplaced: the next server of the name has the sessions of the
// last one, and another name's server leaves them alone.
func TestTheServerIsReplaced(t *testing.T) {
	w := newTown(t, rules)
	first := w.serve(w.config("easel-0"))
	wish := session.Wish{ID: session.NewID(), Name: "Kept", Owner: "ann"}
	first.start(t, wish)
	before, _ := w.pod(wish.ID)
	first.stop()
	if _, err := w.serve(w.config("easel-1")).Find(wish.ID); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("another server took it: %v", err)
	}
	next := w.serve(w.config("easel-0"))
	got := next.await(t, wish.ID)
	if got.State != session.Ready || got.Name != "Kept" || got.Owner != "ann" {
		t.Errorf("%+v", got)
	}
	if after, _ := w.pod(wish.ID); after.UID != before.UID {
		t.Error("the pod was replaced")
	}
	next.end(t, wish.ID)
	must(t, w.left())
}

// TestTheAPIServerIsAway: sessions go on, a new one waits and says so, and starts
// when the API server is back.
func TestTheAPIServerIsAway(t *testing.T) {
	w := newTown(t, rules)
	s := w.serve(w.config("easel-0"))
	old := session.Wish{ID: session.NewID(), Owner: "ann"}
	s.start(t, old)
	must(t, one.apiserver.pause())
	resume := func() { must(t, one.apiserver.resume()) }
	defer resume()
	wish := session.Wish{ID: session.NewID(), Owner: "ben"}
	_, err := s.Create(wish)
	must(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	changes, err := s.Watch(ctx, wish.ID)
	must(t, err)
	for now := range changes {
		if strings.Contains(now.Waits, "does not answer") {
			break
		}
		if now.State != session.Starting {
			t.Fatalf("%+v", now)
		}
	}
	if got, _ := s.Find(old.ID); got.State != session.Ready {
		t.Errorf("the session that ran: %+v", got)
	}
	resume()
	if got := s.await(t, wish.ID); got.State != session.Ready || got.Waits != "" {
		t.Errorf("%+v", got)
	}
	must(t, s.Close(t.Context()))
	must(t, w.left())
}

// TestFailures: what cannot start says why, in a sentence and in a word, and
// leaves nothing.
func TestFailures(t *testing.T) {
	without := func(resource string) []rbacv1.PolicyRule {
		var some []rbacv1.PolicyRule
		for _, r := range rules {
			if r.Resources = except(r.Resources, resource); len(r.Resources) > 0 {
				some = append(some, r)
			}
		}
		return some
	}
	reading := append(without("pods"), rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"pods"}, Verbs: []string{"get", "list", "watch", "delete"}})
	for name, c := range map[string]struct {
		may    []rbacv1.PolicyRule
		change func(*town, *kube.Config)
		during func(*town, string) // plays the cluster's part
		says   string
		reason string
	}{
		"no permission to make pods":    {may: reading, says: "lacks the permission", reason: "forbidden"},
		"no permission to make secrets": {may: without("secrets"), says: "lacks the permission", reason: "forbidden"},
		"quota": {
			change: func(w *town, _ *kube.Config) { w.quota() },
			says:   "quota", reason: "quota",
		},
		"a template that Pod Security refuses": {
			change: func(_ *town, c *kube.Config) {
				c.Templates = parsed(t, "spec: {containers: [{name: session, image: i}]}")
			},
			says: "security policy", reason: "refused",
		},
		"a template that Kubernetes refuses": {
			change: func(_ *town, c *kube.Config) {
				c.Templates = parsed(t, strings.Replace(podTemplate, "image: easel-session:test", "image: ''", 1))
			},
			says: "refused to start a pod", reason: "refused",
		},
		"no machine has room": {
			change: func(_ *town, c *kube.Config) {
				c.StartWithin, c.Storage = 15*time.Second, resource.Quantity{}
				c.Templates = parsed(t, podTemplate+"  nodeSelector: {gpu: none}\n")
			},
			says: "room for this session", reason: "unschedulable",
		},
		"an image that is not there": {
			change: func(_ *town, c *kube.Config) {
				c.StartWithin = time.Minute
				c.Templates = parsed(t, nowhere)
			},
			during: (*town).noImage,
			says:   "no such image", reason: "image",
		},
		"a pod that never gets ready": {
			change: func(_ *town, c *kube.Config) {
				c.StartWithin = 15 * time.Second
				c.Templates = parsed(t, nowhere)
			},
			during: (*town).scheduled,
			says:   "did not get ready", reason: "slow",
		},
		"no such size": {
			change: func(_ *town, c *kube.Config) { c.Templates = kube.Templates{} },
			says:   "size", reason: "template",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // some take their time
			if c.may == nil {
				c.may = rules
			}
			w := newTown(t, c.may)
			cfg := w.config("easel-0")
			if c.change != nil {
				c.change(w, &cfg)
			}
			s := w.serve(cfg)
			made, err := s.Create(session.Wish{ID: session.NewID(), Owner: "ann"})
			must(t, err)
			if c.during != nil {
				c.during(w, made.ID)
			}
			got := s.await(t, made.ID)
			if got.State != session.Failed || !strings.Contains(got.Reason, c.says) {
				t.Errorf("%s: %s", got.State, got.Reason)
			}
			if n := s.metric(t, "easel_launches_total", map[string]string{"outcome": "failed", "reason": c.reason}); n != 1 {
				t.Errorf("%v launches failed for %q", n, c.reason)
			}
			must(t, w.left())
		})
	}
}

func except(all []string, one string) []string {
	var some []string
	for _, s := range all {
		if s != one {
			some = append(some, s)
		}
	}
	return some
}

func parsed(t *testing.T, text string) kube.Templates {
	template, err := kube.ParseTemplate("standard", []byte(text))
	must(t, err)
	return kube.Templates{"standard": template}
}

// quota leaves room for no pod, and waits until that counts.
func (w *town) quota() {
	none := corev1.ResourceList{corev1.ResourcePods: resource.MustParse("0")}
	quotas := one.client.CoreV1().ResourceQuotas(w.namespace)
	_, err := quotas.Create(w.t.Context(), &corev1.ResourceQuota{ObjectMeta: metav1.ObjectMeta{Name: "sessions"}, Spec: corev1.ResourceQuotaSpec{Hard: none}}, metav1.CreateOptions{})
	must(w.t, err)
	eventually(w.t, "the quota", func(ctx context.Context) error {
		q, err := quotas.Get(ctx, "sessions", metav1.GetOptions{})
		if err == nil && len(q.Status.Hard) == 0 {
			err = errors.New("it does not count yet")
		}
		return err
	})
}

// nowhere is a template of pods on a machine that does nothing about them.
var nowhere = strings.Replace(podTemplate, "PeriodSeconds: 5", "PeriodSeconds: 0", 1) + "  nodeName: nowhere\n"

// scheduled says what a scheduler says about a pod it found a machine for.
func (w *town) scheduled(id string) {
	w.status(id, func(p *corev1.Pod) {
		p.Status.Conditions = append(p.Status.Conditions, corev1.PodCondition{Type: corev1.PodScheduled, Status: corev1.ConditionTrue})
	})
}

// noImage says what a kubelet says about a pod whose image is not to be had.
func (w *town) noImage(id string) {
	w.status(id, func(p *corev1.Pod) {
		p.Status.ContainerStatuses = []corev1.ContainerStatus{{
			Name: "session", Image: "easel-session:test",
			State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "ImagePullBackOff", Message: "there is no such image"}},
		}}
	})
}

func (w *town) status(id string, change func(*corev1.Pod)) {
	pods := one.client.CoreV1().Pods(w.namespace)
	eventually(w.t, "the pod", func(ctx context.Context) error {
		p, err := pods.Get(ctx, "session-"+id+"-1", metav1.GetOptions{})
		if err != nil {
			return err
		}
		change(p)
		_, err = pods.UpdateStatus(ctx, p, metav1.UpdateOptions{})
		return err
	})
}

// metric sums a metric's series with these labels.
func (s *server) metric(t *testing.T, name string, labels map[string]string) float64 {
	t.Helper()
	families, err := s.metrics.Gather()
	must(t, err)
	var sum float64
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
	series:
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				if want, ok := labels[l.GetName()]; ok && want != l.GetValue() {
					continue series
				}
			}
			sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	return sum
}
