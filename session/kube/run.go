package kube

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/easel-live/easel/session"
)

const (
	// lookAgain is how often a session is looked at when nothing happens: for
	// deadlines and for what an informer might have missed.
	lookAgain = 5 * time.Second
	// lostGrace is how long after its time a pod that does not go counts as lost
	// with its machine.
	lostGrace = 10 * time.Second
	// A session may be moved moveLimit times within moveWindow.
	moveLimit  = 5
	moveWindow = 10 * time.Minute
)

// errEnded is why a run's context ends when somebody ended the session.
var errEnded = errors.New("the session was ended")

// run is a session of the cluster. Only its loop touches what is below done.
type run struct {
	l     *Launcher
	obs   session.Observer
	nudge chan struct{} // capacity 1: something changed

	active atomic.Int64 // when somebody was last there, Unix seconds

	ctx    context.Context // ends with the wish for the session or with the launcher
	cancel context.CancelCauseFunc
	done   chan struct{}
	err    error // why something is left, once done is closed

	rec     record
	began   time.Time
	start   string // warm or cold, for the metrics
	created bool   // something of it may be in the cluster
	made    string // the pod made last
	madeAt  time.Time
	seen    string // the pod seen last
	attempt int    // of making a pod, in its name
	settled bool   // GIMP was there once
	moves   []time.Time
	noted   int64 // of active, what the record says
}

func newRun(l *Launcher, rec record, obs session.Observer) *run {
	r := &run{
		l: l, obs: obs, rec: rec, nudge: make(chan struct{}, 1), done: make(chan struct{}),
		began: time.Now(), start: "cold", attempt: 1,
	}
	r.ctx, r.cancel = context.WithCancelCause(l.ctx)
	return r
}

func (r *run) wake() {
	select {
	case r.nudge <- struct{}{}:
	default:
	}
}

// Seen implements session.Witness.
func (r *run) Seen(at time.Time) {
	r.active.Store(at.Unix())
	r.wake()
}

// End ends the session.
func (r *run) End(ctx context.Context) error {
	r.cancel(errEnded)
	select {
	case <-r.done:
		return r.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// supervise is the session's goroutine. A launcher that is closed leaves the
// session as it is.
func (r *run) supervise(err error) {
	defer close(r.done)
	defer r.l.forget(r)
	if err == nil {
		err = r.keep()
	}
	wished := errors.Is(context.Cause(r.ctx), errEnded)
	if !wished && r.l.ctx.Err() != nil {
		return
	}
	r.count(wished, err)
	r.err = r.takeDown()
	if !wished {
		r.obs.Failed(errors.Join(err, r.err))
	}
}

// count tells the metrics how a launch went that did not get ready.
func (r *run) count(wished bool, err error) {
	switch {
	case r.settled:
	case wished:
		r.l.metrics.launches.WithLabelValues(r.start, "ended", "").Inc()
	default:
		r.l.metrics.launches.WithLabelValues(r.start, "failed", reasonOf(err)).Inc()
	}
}

// keep looks at the session whenever something changed, and does what has to be
// done about it, until it is to end or cannot go on.
func (r *run) keep() error {
	r.obs.Step("place", session.Active)
	if err := r.writeRecord(); err != nil {
		return err
	}
	again := time.NewTicker(lookAgain)
	defer again.Stop()
	for {
		if err := r.look(); err != nil {
			return err
		}
		select {
		case <-r.ctx.Done():
			return context.Cause(r.ctx)
		case <-r.nudge:
		case <-again.C:
		}
	}
}

// look compares what is there with what should be.
func (r *run) look() error {
	if r.seen != "" && r.l.store.recordOf(r.rec.spec.ID) == nil {
		return failed(reasonRemoved, "The session was removed from the cluster.")
	}
	pod, leaving := r.pod()
	switch {
	case pod == nil && leaving:
		return nil // its files are still in use there
	case pod == nil:
		return r.missing()
	case over(pod):
		return r.ended(pod)
	}
	r.seen, r.attempt = pod.Name, max(r.attempt, attemptOf(r.rec.spec.ID, pod.Name))
	kept, err := r.equip(pod)
	if err != nil {
		return err
	}
	if err := r.note(); err != nil {
		return err
	}
	if condition(pod, corev1.PodScheduled) {
		r.obs.Placed("", workspacePath)
		r.obs.Step("place", session.Done)
	}
	if ready(pod) && !kept {
		return nil // the informers tell
	}
	if ready(pod) {
		r.arrived()
		return nil
	}
	if condition(pod, corev1.PodScheduled) {
		r.obs.Step("gimp", session.Active)
	}
	return r.overdue(pod)
}

// pod returns the session's pod, and whether there is only one that is leaving.
// One that should have left long ago went with its machine.
func (r *run) pod() (pod *corev1.Pod, leaving bool) {
	for _, p := range r.l.store.podsOf(r.rec.spec.ID) {
		switch {
		case p.DeletionTimestamp == nil:
			pod = p
		case time.Since(p.DeletionTimestamp.Time) < lostGrace:
			leaving = true
		}
	}
	return pod, leaving
}

// arrived notes that GIMP is there.
func (r *run) arrived() {
	if !r.settled {
		r.settled = true
		r.l.metrics.launched(r.start, time.Since(r.began))
	}
	r.obs.Step("gimp", session.Done)
	r.obs.Step(session.StreamStep, session.Active)
}

// overdue gives up a launch that takes too long, or will never get ready.
func (r *run) overdue(pod *corev1.Pod) error {
	took := time.Since(r.began)
	if r.settled {
		return nil
	}
	if err := stuck(pod); err != nil && took > r.l.cfg.StartWithin/10 {
		return err
	}
	if took > r.l.cfg.StartWithin {
		return why(pod)
	}
	return nil
}
