package kube

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	core "k8s.io/client-go/applyconfigurations/core/v1"
	apply "k8s.io/client-go/applyconfigurations/meta/v1"
)

const (
	// answerWithin bounds one request: an API server that hangs counts as away.
	answerWithin = 10 * time.Second
	firstBackoff = 200 * time.Millisecond
	lastBackoff  = 5 * time.Second
	// writesAtOnce bounds the requests under way: more would only wait at the
	// API server, against their own time.
	writesAtOnce = 32
	// manager is who we are to server-side apply.
	manager = "easel"
)

// write makes a request until it gets an answer, and puts a refusal into words;
// what reads as "does not let Easel …". waits is told when it has to wait.
// AlreadyExists, NotFound and Conflict come back as they are: they are for the
// caller to make sense of.
func (l *Launcher) write(ctx context.Context, what string, waits func(string), do func(context.Context) error) error {
	backoff := firstBackoff
	for {
		err := func() error {
			select {
			case l.places <- struct{}{}:
				defer func() { <-l.places }()
			case <-ctx.Done():
				return ctx.Err()
			}
			ctx, cancel := context.WithTimeout(ctx, answerWithin)
			defer cancel()
			return do(ctx)
		}()
		switch {
		case err == nil, apierrors.IsAlreadyExists(err), apierrors.IsNotFound(err), apierrors.IsConflict(err):
			return err
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case !passing(err):
			return refusal(what, err)
		}
		l.cfg.Log.Warn("the Kubernetes API does not answer", "wish", what, "error", err, "again", backoff)
		waits("Kubernetes does not answer. The session starts as soon as it does.")
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(backoff):
		}
		backoff = min(2*backoff, lastBackoff)
	}
}

// mintSecret gives a pod a new token for its session's room, and tells the pod
// when it expires, which makes its kubelet bring it the token at once rather
// than at its next round.
func (l *Launcher) mintSecret(ctx context.Context, rec record, pod string) (expires time.Time, err error) {
	token, err := l.cfg.Token(rec.spec.Room, l.cfg.TokenTTL)
	if err != nil {
		return time.Time{}, failed("token", "the agent's token: %v", err)
	}
	data := map[string]string{tokenKey: token}
	if rec.spec.Quota > 0 {
		data[quotaKey] = strconv.FormatInt(rec.spec.Quota, 10)
	}
	secret := core.Secret(pod, l.cfg.Namespace).
		WithLabels(rec.labels(kindSession)).
		WithOwnerReferences(reference(rec.reference())).
		WithStringData(data)
	_, err = l.client.CoreV1().Secrets(l.cfg.Namespace).Apply(ctx, secret, metav1.ApplyOptions{FieldManager: manager, Force: true})
	return time.Now().Add(l.cfg.TokenTTL), err
}

func reference(o metav1.OwnerReference) *apply.OwnerReferenceApplyConfiguration {
	return apply.OwnerReference().WithAPIVersion(o.APIVersion).WithKind(o.Kind).WithName(o.Name).WithUID(o.UID)
}

// patch changes the metadata of a pod, a claim or a record; the JSON merge patch is
// refused with a conflict when the object is not at the version any more, unless
// that is empty.
type patch struct {
	Meta patchMeta `json:"metadata"`
}

type patchMeta struct {
	ResourceVersion string                   `json:"resourceVersion,omitempty"`
	Labels          map[string]string        `json:"labels,omitempty"`
	Annotations     map[string]string        `json:"annotations,omitempty"`
	Owners          *[]metav1.OwnerReference `json:"ownerReferences,omitempty"`
}

func (l *Launcher) patchPod(ctx context.Context, name string, m patchMeta) (*corev1.Pod, error) {
	raw, err := json.Marshal(patch{m})
	if err != nil {
		return nil, err
	}
	return l.client.CoreV1().Pods(l.cfg.Namespace).Patch(ctx, name, types.MergePatchType, raw, metav1.PatchOptions{FieldManager: manager})
}

func (l *Launcher) patchRecord(ctx context.Context, name string, m patchMeta) error {
	raw, err := json.Marshal(patch{m})
	if err != nil {
		return err
	}
	_, err = l.client.CoreV1().ConfigMaps(l.cfg.Namespace).Patch(ctx, name, types.MergePatchType, raw, metav1.PatchOptions{FieldManager: manager})
	return err
}

func (l *Launcher) patchClaim(ctx context.Context, name string, m patchMeta) error {
	raw, err := json.Marshal(patch{m})
	if err != nil {
		return err
	}
	_, err = l.client.CoreV1().PersistentVolumeClaims(l.cfg.Namespace).Patch(ctx, name, types.MergePatchType, raw, metav1.PatchOptions{FieldManager: manager})
	return err
}

// exactly makes a deletion count for this very object, and at this version if
// one is given.
func exactly(o metav1.Object, version bool) metav1.DeleteOptions {
	uid, at := o.GetUID(), o.GetResourceVersion()
	p := &metav1.Preconditions{UID: &uid}
	if version {
		p.ResourceVersion = &at
	}
	return metav1.DeleteOptions{Preconditions: p}
}

// claim is a workspace's volume that is not there yet.
func (l *Launcher) claim(name string, labels, notes map[string]string, owners ...metav1.OwnerReference) *corev1.PersistentVolumeClaim {
	c := &corev1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels, Annotations: notes, OwnerReferences: owners},
		Spec: corev1.PersistentVolumeClaimSpec{
			AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
			Resources:   corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: l.cfg.Storage}},
		},
	}
	if l.cfg.StorageClass != "" {
		c.Spec.StorageClassName = &l.cfg.StorageClass
	}
	return c
}
