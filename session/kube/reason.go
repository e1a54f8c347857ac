package kube

import (
	"errors"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// Why a launch fails, as words for metrics.
const (
	reasonAway      = "api-away"      // the API server does not answer
	reasonForbidden = "forbidden"     // our ServiceAccount may not
	reasonQuota     = "quota"         // the namespace's ResourceQuota is used up
	reasonRefused   = "refused"       // the API server takes the pod for wrong
	reasonImage     = "image"         // an image cannot be had
	reasonConfig    = "config"        // a container cannot be made
	reasonNode      = "unschedulable" // no machine has room
	reasonVolume    = "volume"        // the workspace does not come
	reasonCrashed   = "crashed"       // the pod ended
	reasonLost      = "lost"          // the pod or its machine went, again and again
	reasonSlow      = "slow"          // it did not get ready in time
	reasonTemplate  = "template"      // there is no such size class
	reasonRemoved   = "removed"       // somebody took the record away
)

// failure is why a session cannot be, with its word.
type failure struct {
	reason string
	text   string
}

func (f *failure) Error() string { return f.text }

func failed(reason, format string, a ...any) error {
	return &failure{reason, fmt.Sprintf(format, a...)}
}

// reasonOf is the word for an error.
func reasonOf(err error) string {
	var f *failure
	if errors.As(err, &f) {
		return f.reason
	}
	return "other"
}

// passing says whether a request that failed may work later: the API server did
// not answer, or said so.
func passing(err error) bool {
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		return true // no answer
	}
	return apierrors.IsServerTimeout(err) || apierrors.IsTimeout(err) || apierrors.IsTooManyRequests(err) ||
		apierrors.IsInternalError(err) || apierrors.IsServiceUnavailable(err) || apierrors.IsUnexpectedServerError(err)
}

// refusal puts into words that the API server said no.
func refusal(what string, err error) error {
	switch {
	case apierrors.IsForbidden(err) && strings.Contains(err.Error(), "exceeded quota"):
		return failed(reasonQuota, "There is no room for another session: the cluster's quota for sessions is used up. End one, or ask whoever runs Easel for more. (%v)", err)
	case apierrors.IsForbidden(err) && strings.Contains(err.Error(), "violates PodSecurity"):
		return failed(reasonRefused, "The cluster's security policy refuses the pod template: %v", err)
	case apierrors.IsForbidden(err), apierrors.IsUnauthorized(err):
		return failed(reasonForbidden, "Kubernetes does not let Easel %s: its ServiceAccount lacks the permission. (%v)", what, err)
	default:
		return failed(reasonRefused, "Kubernetes refused to %s: %v", what, err)
	}
}

// stuck says why a pod that is not ready will not become so by waiting; nil if
// it may.
func stuck(p *corev1.Pod) error {
	for _, s := range p.Status.ContainerStatuses {
		w := s.State.Waiting
		if w == nil {
			continue
		}
		switch w.Reason {
		case "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull":
			return failed(reasonImage, "The image %s cannot be had: %s", s.Image, words(w))
		case "CreateContainerConfigError", "CreateContainerError", "RunContainerError":
			return failed(reasonConfig, "The container %s cannot be made: %s", s.Name, words(w))
		}
	}
	return nil
}

func words(w *corev1.ContainerStateWaiting) string {
	if w.Message == "" {
		return w.Reason
	}
	return w.Message
}

// why says what a pod that did not get ready in time was waiting for.
func why(p *corev1.Pod) error {
	if p == nil {
		return failed(reasonSlow, "the pod has not appeared")
	}
	if err := stuck(p); err != nil {
		return err
	}
	for _, c := range p.Status.Conditions {
		if c.Type == corev1.PodScheduled && c.Status == corev1.ConditionFalse {
			if strings.Contains(c.Message, "PersistentVolume") {
				return failed(reasonVolume, "The workspace's volume does not come: %s", c.Message)
			}
			return failed(reasonNode, "No machine of the cluster has room for this session: %s", c.Message)
		}
	}
	if !condition(p, corev1.PodScheduled) {
		return failed(reasonNode, "No machine of the cluster has taken this session yet")
	}
	return failed(reasonSlow, "GIMP did not get ready on %s", p.Spec.NodeName)
}

// ending says why a pod ended: its own last words, else what the cluster says.
func ending(p *corev1.Pod) error {
	for _, s := range p.Status.ContainerStatuses {
		t := s.State.Terminated
		if t == nil || s.Name != container {
			continue
		}
		if t.Message != "" {
			return failed(reasonCrashed, "%s", strings.TrimSpace(t.Message))
		}
		return failed(reasonCrashed, "The session's container ended: %s, exit code %d", t.Reason, t.ExitCode)
	}
	if p.Status.Message != "" {
		return failed(reasonCrashed, "The session's pod ended: %s", p.Status.Message)
	}
	return failed(reasonCrashed, "The session's pod ended: %s", p.Status.Reason)
}
