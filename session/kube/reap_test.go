package kube

import (
	"context"
	"log/slog"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/easel-live/easel/session"
)

// TestNothingIsForgotten: the reaper removes what nobody looks after any more,
// and nothing that somebody may.
func TestNothingIsForgotten(t *testing.T) {
	now := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	old, young := now.Add(-strayAge-time.Second), now.Add(-strayAge+time.Second)
	session := func(id string, expires time.Time) *corev1.ConfigMap {
		return record{server: "easel-9", expires: expires, spec: session.Spec{ID: id, Room: id, Owner: "ann", Size: "standard", CreatedAt: old}}.object()
	}
	labelled := func(name, kind, id string, made time.Time) metav1.ObjectMeta {
		return metav1.ObjectMeta{Name: name, Namespace: "town", UID: "u", CreationTimestamp: metav1.NewTime(made), Labels: map[string]string{
			managedLabel: managedBy, kindLabel: kind, sessionLabel: id,
		}}
	}
	objects := []runtime.Object{
		session("overdue", now.Add(-overtime-time.Second)),
		session("late", now.Add(-overtime+time.Second)), // its own server still has time
		session("endless", time.Time{}),
		&corev1.Pod{ObjectMeta: labelled("stray", kindSession, "gone", old)},
		&corev1.Pod{ObjectMeta: labelled("new", kindSession, "coming", young)}, // its record may follow
		&corev1.Pod{ObjectMeta: labelled("kept", kindSession, "endless", old)},
		&corev1.Pod{ObjectMeta: labelled("warm-a", kindWarm, "", old)},
		&corev1.PersistentVolumeClaim{ObjectMeta: labelled("warm-a", kindWarm, "", old)},
		&corev1.PersistentVolumeClaim{ObjectMeta: labelled("warm-gone", kindWarm, "", old)},
		&corev1.PersistentVolumeClaim{ObjectMeta: labelled("warm-new", kindWarm, "", young)},
		&corev1.PersistentVolumeClaim{ObjectMeta: labelled("workspace-ann", kindSession, "", old)}, // files stay
	}
	for _, o := range objects {
		if c, ok := o.(*corev1.ConfigMap); ok {
			c.Namespace = "town"
		}
	}
	client := fake.NewClientset(objects...)
	l := &Launcher{cfg: Config{Namespace: "town", Log: slog.New(slog.DiscardHandler)}, client: client}
	l.ctx, l.stop = context.WithCancel(t.Context())
	var err error
	if l.metrics, err = newMetrics(nil); err != nil {
		t.Fatal(err)
	}
	if l.store, err = newStore(client, "town", func(string) {}); err != nil {
		t.Fatal(err)
	}
	l.store.factory.Start(l.ctx.Done())
	defer func() {
		l.stop()
		l.store.factory.Shutdown()
	}()
	if err := l.sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	l.reapOnce(now)
	var gone []string
	for _, a := range client.Actions() {
		if d, ok := a.(interface{ GetName() string }); ok && a.GetVerb() == "delete" {
			gone = append(gone, a.GetResource().Resource+"/"+d.GetName())
		}
	}
	slices.Sort(gone)
	if want := []string{"configmaps/session-overdue", "persistentvolumeclaims/warm-gone", "pods/stray"}; !slices.Equal(gone, want) {
		t.Errorf("it removed %v, want %v", gone, want)
	}
}
