package kube

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	reapAgain = time.Minute
	// strayAge is how old something must be to count as forgotten: whoever made
	// it may be about to make what it belongs to.
	strayAge = 10 * time.Minute
	// overtime is what a session's own server has to end it when its time is up,
	// before any other server removes it.
	overtime = 5 * time.Minute
)

// reap removes what nobody looks after: sessions beyond their time, whose server
// never came back, and pods and volumes that belong to nothing. The cluster's
// own garbage collection does most of that; this is for what slipped past.
func (l *Launcher) reap() {
	again := time.NewTicker(reapAgain)
	defer again.Stop()
	for {
		select {
		case <-l.ctx.Done():
			return
		case now := <-again.C:
			l.reapOnce(now)
		}
	}
}

func (l *Launcher) reapOnce(now time.Time) {
	core := l.client.CoreV1()
	for _, o := range l.store.allRecords() {
		rec, err := readRecord(o)
		if err == nil && !rec.expires.IsZero() && now.After(rec.expires.Add(overtime)) {
			behind := metav1.DeletePropagationBackground
			options := exactly(o, false)
			options.PropagationPolicy = &behind
			l.reaped("session", o.Name, core.ConfigMaps(l.cfg.Namespace).Delete, options)
		}
	}
	for _, p := range l.store.podsOfKind(kindSession) {
		if p.DeletionTimestamp == nil && now.Sub(p.CreationTimestamp.Time) > strayAge && l.store.recordOf(p.Labels[sessionLabel]) == nil {
			l.reaped("pod", p.Name, core.Pods(l.cfg.Namespace).Delete, exactly(p, true))
		}
	}
	for _, c := range sorted[*corev1.PersistentVolumeClaim](l.store.claims, byKind, kindWarm) {
		if c.DeletionTimestamp == nil && now.Sub(c.CreationTimestamp.Time) > strayAge && !l.store.hasPod(l.cfg.Namespace, c.Name) {
			l.reaped("volume", c.Name, core.PersistentVolumeClaims(l.cfg.Namespace).Delete, exactly(c, true))
		}
	}
}

func (l *Launcher) reaped(what, name string, remove func(context.Context, string, metav1.DeleteOptions) error, o metav1.DeleteOptions) {
	ctx, cancel := context.WithTimeout(l.ctx, answerWithin)
	defer cancel()
	err := remove(ctx, name, o)
	switch {
	case err == nil:
		l.metrics.reaped.WithLabelValues(what).Inc()
		l.cfg.Log.Warn("removed what nobody looked after", "what", what, "name", name)
	case !apierrors.IsNotFound(err) && !apierrors.IsConflict(err):
		l.cfg.Log.Warn("something nobody looks after stays", "what", what, "name", name, "error", err)
	}
}
