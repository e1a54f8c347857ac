package kube

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/easel-live/easel/session"
)

// unseenFor is how long a pod that was made may be unknown to the informers
// before it is made again; a second create of the same name does no harm.
const unseenFor = 30 * time.Second

// writeRecord makes the record, or finds it.
func (r *run) writeRecord() error {
	if r.rec.uid != "" {
		r.created = true
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(r.ctx, r.l.cfg.StartWithin, failed(reasonAway, "Kubernetes did not answer within %v.", r.l.cfg.StartWithin))
	defer cancel()
	records := r.l.client.CoreV1().ConfigMaps(r.l.cfg.Namespace)
	err := r.l.write(ctx, "record a session", r.obs.Waits, func(ctx context.Context) error {
		o, err := records.Create(ctx, r.rec.object(), metav1.CreateOptions{FieldManager: manager})
		if err == nil {
			r.rec.uid = o.UID
		}
		if err == nil || passing(err) {
			r.created = true
		}
		return err
	})
	if !apierrors.IsAlreadyExists(err) {
		return err
	}
	return r.findRecord(ctx, records.Get)
}

// findRecord takes over the record that somebody made before, this run's own
// request perhaps, whose answer was lost. It is read from the API because the
// informers may not know it yet.
func (r *run) findRecord(ctx context.Context, get func(context.Context, string, metav1.GetOptions) (*corev1.ConfigMap, error)) error {
	return r.l.write(ctx, "find a session's record", r.obs.Waits, func(ctx context.Context) error {
		o, err := get(ctx, recordName(r.rec.spec.ID), metav1.GetOptions{})
		if err != nil {
			return err
		}
		r.created = true
		r.rec.uid = o.UID
		return nil
	})
}

// missing gives the session a pod when it has none.
func (r *run) missing() error {
	switch {
	case r.made != "" && r.made != r.seen && time.Since(r.madeAt) < unseenFor:
		return nil // the informers do not know it yet
	case r.seen != "":
		if err := r.move(); err != nil {
			return err
		}
	}
	return r.place()
}

// ended deals with a pod that runs no more.
func (r *run) ended(pod *corev1.Pod) error {
	if !r.settled && r.seen == pod.Name {
		return ending(pod)
	}
	r.l.cfg.Log.Warn("a session's pod ended", "session", r.rec.spec.ID, "pod", pod.Name, "reason", ending(pod))
	if err := r.remove(pod); err != nil {
		return err
	}
	if err := r.move(); err != nil {
		return err
	}
	return r.place()
}

// move prepares another pod after one was lost.
func (r *run) move() error {
	now := time.Now()
	recent := r.moves[:0]
	for _, t := range r.moves {
		if now.Sub(t) < moveWindow {
			recent = append(recent, t)
		}
	}
	r.moves = append(recent, now)
	if len(r.moves) > moveLimit {
		return failed(reasonLost, "The session lost its machine %d times within %v.", len(r.moves), moveWindow)
	}
	r.attempt++
	r.seen = ""
	r.l.metrics.moves.Inc()
	r.l.cfg.Log.Warn("a session moves", "session", r.rec.spec.ID, "attempt", r.attempt)
	r.obs.Notice("session-moved", "The machine that ran GIMP was lost. GIMP starts again on another with the same files; changes that were not saved are lost.")
	r.obs.Step("place", session.Active)
	r.obs.Step("gimp", session.Pending)
	return nil
}

// place gives the session a pod: a warm one if its files allow it, else one of
// its own.
func (r *run) place() error {
	ctx, cancel := context.WithTimeoutCause(r.ctx, r.l.cfg.StartWithin, failed(reasonAway, "Kubernetes did not answer within %v.", r.l.cfg.StartWithin))
	defer cancel()
	files := r.l.store.workspaceOf(r.rec.spec.ID, r.rec.spec.Owner)
	r.l.pool.wanted(r.rec.spec.Size)
	if files == nil {
		name, err := r.l.pool.claim(ctx, r.rec, r.obs.Waits)
		if err != nil {
			return err
		}
		if name != "" {
			r.start, r.made, r.madeAt = "warm", name, time.Now()
			return nil
		}
	}
	r.start = "cold"
	return r.makePod(ctx, files)
}

// makePod makes what a pod of the session's own needs, and the pod.
func (r *run) makePod(ctx context.Context, files *corev1.PersistentVolumeClaim) error {
	on, err := r.files(ctx, files)
	if err != nil {
		return err
	}
	_, template, err := r.l.cfg.Templates.find(r.rec.spec.Size)
	if err != nil {
		return failed(reasonTemplate, "Sessions of this size cannot be started here any more: %v", err)
	}
	name := podName(r.rec.spec.ID, r.attempt)
	var expires time.Time
	if err := r.l.write(ctx, "write a session's credential", r.obs.Waits, func(ctx context.Context) (err error) {
		expires, err = r.l.mintSecret(ctx, r.rec, name)
		return err
	}); err != nil {
		return err
	}
	pod := template.build(name, r.l.cfg.URL, r.rec.labels(kindSession), on)
	pod.OwnerReferences = []metav1.OwnerReference{r.rec.reference()}
	if pod.Annotations == nil {
		pod.Annotations = make(map[string]string)
	}
	pod.Annotations[tokenNote] = expires.UTC().Format(time.RFC3339)
	pod.Annotations[nameNote] = r.rec.spec.Name
	err = r.l.write(ctx, "start a pod", r.obs.Waits, func(ctx context.Context) error {
		_, err := r.l.client.CoreV1().Pods(r.l.cfg.Namespace).Create(ctx, pod, metav1.CreateOptions{FieldManager: manager})
		return err
	})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return err
	}
	r.made, r.madeAt = name, time.Now()
	return nil
}

// files makes sure of the volume of the session's workspace.
func (r *run) files(ctx context.Context, have *corev1.PersistentVolumeClaim) (mounted, error) {
	id := r.rec.spec.ID
	switch {
	case r.l.cfg.Storage.IsZero():
		return mounted{}, nil
	case have != nil && have.Labels[sessionLabel] == id && have.Annotations[folderNote] != "":
		return mounted{have.Name, have.Annotations[folderNote]}, nil // it began in a warm pod
	case have != nil:
		return mounted{have.Name, id}, nil
	}
	whose := holder(r.rec.spec.Owner, id)
	name := "workspace-" + whose
	labels := map[string]string{managedLabel: managedBy, kindLabel: kindSession, ownerLabel: whose}
	err := r.l.write(ctx, "make a workspace", r.obs.Waits, func(ctx context.Context) error {
		_, err := r.l.client.CoreV1().PersistentVolumeClaims(r.l.cfg.Namespace).Create(ctx,
			r.l.claim(name, labels, map[string]string{ownerNote: r.rec.spec.Owner}), metav1.CreateOptions{FieldManager: manager})
		return err
	})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return mounted{}, err
	}
	return mounted{name, id}, nil
}

// equip gives a pod what it still lacks: the volume it was claimed with, and a
// token that is good for a while. It says whether the informers know that the
// volume is kept: a session that is ended and resumed at once must find it.
func (r *run) equip(pod *corev1.Pod) (kept bool, err error) {
	if kept, err = r.keepFiles(pod); err != nil {
		return false, err
	}
	return kept, r.renew(pod)
}

// renew replaces a token that nears its end, or that a claimed pod never had.
func (r *run) renew(pod *corev1.Pod) error {
	expires, err := time.Parse(time.RFC3339, pod.Annotations[tokenNote])
	if err == nil && time.Until(expires) > r.l.cfg.TokenTTL/3 {
		return nil
	}
	return r.l.write(r.ctx, "write a session's credential", r.obs.Waits, func(ctx context.Context) error {
		expires, err := r.l.mintSecret(ctx, r.rec, pod.Name)
		if err != nil {
			return err
		}
		notes := map[string]string{tokenNote: expires.UTC().Format(time.RFC3339)}
		_, err = r.l.patchPod(ctx, pod.Name, patchMeta{Annotations: notes})
		if apierrors.IsNotFound(err) {
			return nil // the next look sees that
		}
		return err
	})
}

// note writes into the record when somebody was last there.
func (r *run) note() error {
	at := r.active.Load()
	if at == r.noted {
		return nil
	}
	err := r.l.write(r.ctx, "note when a session was used", func(string) {}, func(ctx context.Context) error {
		notes := map[string]string{activeNote: time.Unix(at, 0).UTC().Format(time.RFC3339)}
		return r.l.patchRecord(ctx, recordName(r.rec.spec.ID), patchMeta{Annotations: notes})
	})
	if err == nil || apierrors.IsNotFound(err) { // the next look sees that the record is gone
		r.noted = at
		return nil
	}
	return err
}

// keepFiles makes the volume of a warm pod that was claimed its owner's, before
// anything is on it that matters. It says whether that is done, as far as the
// informers know.
func (r *run) keepFiles(pod *corev1.Pod) (bool, error) {
	if attemptOf(r.rec.spec.ID, pod.Name) > 0 || r.l.cfg.Storage.IsZero() {
		return true, nil // made for this session, on its files
	}
	have := r.l.store.claimNamed(r.l.cfg.Namespace, pod.Name) // a warm pod's volume has its name
	if have != nil && have.Labels[kindLabel] != kindWarm {
		return true, nil
	}
	err := r.l.write(r.ctx, "keep a workspace", r.obs.Waits, func(ctx context.Context) error {
		return r.l.patchClaim(ctx, pod.Name, patchMeta{
			Labels:      r.rec.labels(kindSession),
			Annotations: map[string]string{ownerNote: r.rec.spec.Owner},
			Owners:      &[]metav1.OwnerReference{},
		})
	})
	if apierrors.IsNotFound(err) {
		return true, nil // it had none: files went with the pod when it was made
	}
	return false, err
}

// takeDown removes everything of the session but its files, and waits until its
// pod is gone.
func (r *run) takeDown() error {
	if !r.created {
		return nil
	}
	quiet := func(string) {}
	behind := metav1.DeletePropagationBackground
	err := r.l.write(r.l.ctx, "end a session", quiet, func(ctx context.Context) error {
		return r.l.client.CoreV1().ConfigMaps(r.l.cfg.Namespace).Delete(ctx, recordName(r.rec.spec.ID), metav1.DeleteOptions{PropagationPolicy: &behind})
	})
	if err != nil && !apierrors.IsNotFound(err) {
		return err
	}
	again := time.NewTicker(time.Second)
	defer again.Stop()
	for {
		left := false
		for _, p := range r.l.store.podsOf(r.rec.spec.ID) {
			switch {
			case p.DeletionTimestamp == nil:
				if err := r.remove(p); err != nil {
					return err
				}
				left = true
			case time.Since(p.DeletionTimestamp.Time) < lostGrace:
				left = true
			}
		}
		if !left && (r.made == "" || r.made == r.seen || time.Since(r.madeAt) > time.Second) {
			return nil
		}
		select {
		case <-r.l.ctx.Done():
			return r.l.ctx.Err()
		case <-r.nudge:
		case <-again.C:
		}
	}
}

// remove deletes a pod; one that is gone is what was wanted.
func (r *run) remove(p *corev1.Pod) error {
	err := r.l.write(r.l.ctx, "end a pod", func(string) {}, func(ctx context.Context) error {
		return r.l.client.CoreV1().Pods(r.l.cfg.Namespace).Delete(ctx, p.Name, exactly(p, false))
	})
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
		return nil
	}
	return err
}
