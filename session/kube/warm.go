package kube

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Pool says how many warm pods of a size class wait: at least Min and, where Max
// is more, as many as were wanted in the last quarter of an hour.
type Pool struct{ Min, Max int }

const (
	demandWindow = 15 * time.Minute
	tendAgain    = 10 * time.Second
	// A pass makes at most so many pods of a size: a cluster that refuses them
	// is not asked a hundred times.
	makeAtOnce = 10
	// After a refusal nothing is made for a while.
	refusedPause = 30 * time.Second
)

// pool keeps the warm pods.
type pool struct {
	l     *Launcher
	nudge chan struct{} // capacity 1

	mu     sync.Mutex
	asked  map[string][]time.Time // launches lately, by size
	unseen map[string]time.Time   // pods that were made and the informers do not know
	taken  map[string]bool        // pods that a launch here is about to claim
	pause  time.Time              // nothing is made before
}

func newPool(l *Launcher) *pool {
	return &pool{
		l: l, nudge: make(chan struct{}, 1), asked: make(map[string][]time.Time),
		unseen: make(map[string]time.Time), taken: make(map[string]bool),
	}
}

func (p *pool) wake() {
	select {
	case p.nudge <- struct{}{}:
	default:
	}
}

// keep tends the pool until the launcher closes.
func (p *pool) keep() {
	again := time.NewTicker(tendAgain)
	defer again.Stop()
	for {
		for size, want := range p.l.cfg.Warm {
			if err := p.tend(size, want); err != nil && p.l.ctx.Err() == nil {
				p.l.cfg.Log.Warn("the warm pods are not as many as they should be", "size", size, "error", err)
				p.mu.Lock()
				p.pause = time.Now().Add(refusedPause)
				p.mu.Unlock()
			}
		}
		select {
		case <-p.l.ctx.Done():
			return
		case <-p.nudge:
		case <-again.C:
		}
	}
}

// wanted notes the wish for a session.
func (p *pool) wanted(size string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked[size] = append(since(p.asked[size], time.Now().Add(-demandWindow)), time.Now())
}

func since(all []time.Time, t time.Time) []time.Time {
	for len(all) > 0 && all[0].Before(t) {
		all = all[1:]
	}
	return all
}

// target is how many warm pods there should be.
func (p *pool) target(size string, want Pool) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked[size] = since(p.asked[size], time.Now().Add(-demandWindow))
	return max(want.Min, min(want.Max, len(p.asked[size])))
}

// tend makes what is missing and removes what is too much, broken or of an
// older template.
func (p *pool) tend(size string, want Pool) error {
	name, template, err := p.l.cfg.Templates.find(size)
	if err != nil {
		return err
	}
	var have, readyNow int
	var errs []error
	target := p.target(size, want)
	for _, pod := range p.ofSize(name) {
		p.known(pod.Name)
		bad := over(pod) || pod.Labels[madeLabel] != template.made || !ready(pod) && time.Since(pod.CreationTimestamp.Time) > 2*p.l.cfg.StartWithin
		if bad || have >= target {
			errs = append(errs, p.drop(pod))
			continue
		}
		have++
		if ready(pod) {
			readyNow++
		}
	}
	p.l.metrics.warm.WithLabelValues(name).Set(float64(readyNow))
	for n := p.missing(target - have); n > 0; n-- {
		if err := p.make(name, template); err != nil {
			return errors.Join(append(errs, err)...)
		}
	}
	return errors.Join(errs...)
}

func (p *pool) ofSize(size string) []*corev1.Pod {
	var some []*corev1.Pod
	for _, pod := range p.l.store.podsOfKind(kindWarm) {
		if pod.Labels[sizeLabel] == size && pod.DeletionTimestamp == nil {
			some = append(some, pod)
		}
	}
	return some
}

func (p *pool) known(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.unseen, name)
}

// missing is how many pods to make now.
func (p *pool) missing(n int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if time.Now().Before(p.pause) {
		return 0
	}
	for name, at := range p.unseen {
		if time.Since(at) > unseenFor {
			delete(p.unseen, name)
		}
	}
	return min(n-len(p.unseen), makeAtOnce)
}

// make makes a warm pod, and then its volume, which goes with it unless somebody
// claims both.
func (p *pool) make(size string, template Template) error {
	name := "warm-" + strings.ToLower(rand.Text()[:12])
	labels := map[string]string{managedLabel: managedBy, kindLabel: kindWarm, sizeLabel: size}
	on := mounted{claim: name, folder: "warm"}
	if p.l.cfg.Storage.IsZero() {
		on = mounted{}
	}
	pod := template.build(name, p.l.cfg.URL, labels, on)
	quiet := func(string) {}
	if err := p.l.write(p.l.ctx, "start a warm pod", quiet, func(ctx context.Context) error {
		made, err := p.l.client.CoreV1().Pods(p.l.cfg.Namespace).Create(ctx, pod, metav1.CreateOptions{FieldManager: manager})
		if err == nil {
			pod = made
		}
		return err
	}); err != nil {
		return err
	}
	p.mu.Lock()
	p.unseen[name] = time.Now()
	p.mu.Unlock()
	if on.claim == "" {
		return nil
	}
	return p.l.write(p.l.ctx, "make a warm pod's volume", quiet, func(ctx context.Context) error {
		_, err := p.l.client.CoreV1().PersistentVolumeClaims(p.l.cfg.Namespace).Create(ctx,
			p.l.claim(name, labels, map[string]string{folderNote: on.folder}, podReference(pod)), metav1.CreateOptions{FieldManager: manager})
		return err
	})
}

// drop removes a warm pod unless somebody has just claimed it.
func (p *pool) drop(pod *corev1.Pod) error {
	err := p.l.write(p.l.ctx, "remove a warm pod", func(string) {}, func(ctx context.Context) error {
		return p.l.client.CoreV1().Pods(p.l.cfg.Namespace).Delete(ctx, pod.Name, exactly(pod, true))
	})
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
		return nil
	}
	return err
}

// claim makes a warm pod a session's, at the very version that was seen waiting:
// of all who try, one succeeds. It returns no name when there is none to claim.
func (p *pool) claim(ctx context.Context, rec record, waits func(string)) (string, error) {
	for _, pod := range p.ofSize(rec.spec.Size) {
		if !ready(pod) || over(pod) || !p.take(pod.Name) {
			continue
		}
		err := p.l.write(ctx, "claim a warm pod", waits, func(ctx context.Context) error {
			_, err := p.l.patchPod(ctx, pod.Name, patchMeta{
				ResourceVersion: pod.ResourceVersion,
				Labels:          rec.labels(kindSession),
				Annotations:     map[string]string{nameNote: rec.spec.Name},
				Owners:          &[]metav1.OwnerReference{rec.reference()},
			})
			return err
		})
		p.put(pod.Name)
		if apierrors.IsConflict(err) || apierrors.IsNotFound(err) {
			continue
		}
		return pod.Name, err
	}
	return "", nil
}

// take keeps two launches here from trying for the same pod.
func (p *pool) take(name string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.taken[name] {
		return false
	}
	p.taken[name] = true
	return true
}

func (p *pool) put(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.taken, name)
}
