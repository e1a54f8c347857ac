package kube

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/easel-live/easel/session"
)

// What needs an API server is tested with one, in test/cluster. Here is what
// needs none.

const simple = "spec: {containers: [{name: session, image: i}, {name: rclone, image: r}]}"

func TestTemplatesAreChecked(t *testing.T) {
	for text, says := range map[string]string{
		"spec: {containers: [{name: session, imagee: i}]}":                    "unknown field",
		"spec: {containers: [{name: gimp, image: i}]}":                        `named "session"`,
		"spec: {volumes: [{name: workspace}], containers: [{name: session}]}": "added for each session",
		"spec: {restartPolicy: Always, containers: [{name: session}]}":        "must be Never",
		"spec: [":                       "did not find",
		"metadata: {labels: [no, map]}": "cannot unmarshal",
		"":                              `named "session"`,
	} {
		if _, err := ParseTemplate("standard", []byte(text)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, size := range []string{"", "a b", strings.Repeat("x", 64)} {
		if _, err := ParseTemplate(size, []byte(simple)); err == nil {
			t.Errorf("size %q passed", size)
		}
	}
	dir := t.TempDir()
	if _, err := LoadTemplates(dir); err == nil {
		t.Error("a folder without templates passed")
	}
	if err := os.WriteFile(filepath.Join(dir, "large.yaml"), []byte(simple), 0o600); err != nil {
		t.Fatal(err)
	}
	all, err := LoadTemplates(dir)
	if err != nil {
		t.Fatal(err)
	}
	if size, _, err := all.find(""); err != nil || size != "large" {
		t.Errorf("the only size is not the default: %q %v", size, err)
	}
	if _, _, err := all.find("standard"); !errors.Is(err, ErrSize) {
		t.Errorf("%v", err)
	}
}

// FuzzTemplate: whatever an operator writes is refused in words or makes a pod.
func FuzzTemplate(f *testing.F) {
	f.Add([]byte(simple))
	f.Add([]byte("spec: {containers: [{name: session}], volumes: null}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		template, err := ParseTemplate("standard", text)
		if err != nil {
			return
		}
		pod := template.build("p", "ws://x", map[string]string{kindLabel: kindWarm}, mounted{"claim", "folder"})
		if pod.Spec.RestartPolicy != corev1.RestartPolicyNever || *pod.Spec.AutomountServiceAccountToken || pod.Labels[kindLabel] != kindWarm {
			t.Errorf("%+v", pod)
		}
	})
}

func TestAPodOfATemplate(t *testing.T) {
	template, err := ParseTemplate("standard", []byte(simple))
	if err != nil {
		t.Fatal(err)
	}
	pod := template.build("warm-1", "ws://easel", map[string]string{sizeLabel: "standard"}, mounted{"claim", "folder"})
	gimp, other := pod.Spec.Containers[0], pod.Spec.Containers[1]
	if len(gimp.Env) != 4 || len(gimp.VolumeMounts) != 2 || gimp.VolumeMounts[0].SubPath != "folder" || len(other.VolumeMounts) != 0 {
		t.Errorf("%+v", pod.Spec.Containers)
	}
	beside, err := ParseTemplate("standard", []byte("spec: {containers: [{name: session}, {name: r, volumeMounts: [{name: workspace, mountPath: /w}, {name: workspace, mountPath: /s, subPath: sub}]}]}"))
	if err != nil {
		t.Fatal(err)
	}
	mounts := beside.build("p", "", nil, mounted{"claim", "folder"}).Spec.Containers[1].VolumeMounts
	if mounts[0].SubPath != "folder" || mounts[1].SubPath != "folder/sub" {
		t.Errorf("a sidecar sees %+v", mounts)
	}
	secret := pod.Spec.Volumes[1].Secret
	if secret.SecretName != "warm-1" || !*secret.Optional {
		t.Errorf("%+v", secret)
	}
	if len(template.pod.Spec.Volumes) != 0 || len(template.pod.Spec.Containers[0].Env) != 0 {
		t.Error("the template was changed")
	}
	if bare := template.build("p", "", nil, mounted{}); bare.Spec.Volumes[0].EmptyDir == nil {
		t.Errorf("%+v", bare.Spec.Volumes)
	}
}

func TestRecordsComeBack(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	want := record{server: "easel-0", expires: at.Add(time.Hour), spec: session.Spec{
		ID: "abc", Name: "Größe\n& <b>", Room: "abc", Owner: "ann@example.com", Size: "large", Quota: 5 << 30, CreatedAt: at,
	}}
	o := want.object()
	got, err := readRecord(o)
	if err != nil || got != want {
		t.Errorf("%+v %v", got, err)
	}
	for what, spoil := range map[string]func(){
		"of another name":  func() { o.Name = "session-x" },
		"without a room":   func() { delete(o.Annotations, roomNote) },
		"without a start":  func() { o.Annotations[createdNote] = "yesterday" },
		"without a number": func() { o.Annotations[quotaNote] = "much" },
		"without an end":   func() { o.Annotations[expiresNote] = "never" },
	} {
		o = want.object()
		spoil()
		if _, err := readRecord(o); err == nil {
			t.Errorf("a record %s passed", what)
		}
	}
}

func TestReasons(t *testing.T) {
	pods := schema.GroupResource{Resource: "pods"}
	for err, reason := range map[error]string{
		apierrors.NewForbidden(pods, "p", errors.New("exceeded quota: sessions")):        reasonQuota,
		apierrors.NewForbidden(pods, "p", errors.New(`violates PodSecurity "baseline"`)): reasonRefused,
		apierrors.NewForbidden(pods, "p", errors.New("no")):                              reasonForbidden,
		apierrors.NewUnauthorized("no"):                                                  reasonForbidden,
		apierrors.NewBadRequest("no"):                                                    reasonRefused,
	} {
		if passing(err) || reasonOf(refusal("x", err)) != reason {
			t.Errorf("%v: passes %v, %s", err, passing(err), reasonOf(refusal("x", err)))
		}
	}
	for _, err := range []error{
		errors.New("connection refused"), apierrors.NewTooManyRequests("later", 1), apierrors.NewInternalError(errors.New("etcd")), apierrors.NewServiceUnavailable("later"),
	} {
		if !passing(err) {
			t.Errorf("%v does not pass", err)
		}
	}
	waiting := func(why string) *corev1.Pod {
		return &corev1.Pod{Status: corev1.PodStatus{ContainerStatuses: []corev1.ContainerStatus{{
			Name: container, State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: why}},
		}}}}
	}
	for word, reason := range map[string]string{"ImagePullBackOff": reasonImage, "CreateContainerConfigError": reasonConfig} {
		if err := stuck(waiting(word)); reasonOf(err) != reason {
			t.Errorf("%s: %v", word, err)
		}
	}
	if err := stuck(waiting("ContainerCreating")); err != nil {
		t.Error(err)
	}
	unplaced := &corev1.Pod{Status: corev1.PodStatus{Conditions: []corev1.PodCondition{{Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Message: "pod has unbound immediate PersistentVolumeClaims"}}}}
	if err := why(unplaced); reasonOf(err) != reasonVolume {
		t.Error(err)
	}
	died := &corev1.Pod{Status: corev1.PodStatus{ContainerStatuses: []corev1.ContainerStatus{{
		Name: container, State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Message: "GIMP is not installed\n"}},
	}}}}
	if err := ending(died); err.Error() != "GIMP is not installed" {
		t.Error(err)
	}
	if reasonOf(fmt.Errorf("more: %w", ending(died))) != reasonCrashed {
		t.Error("a wrapped failure has no reason")
	}
}

func TestThePoolFollowsDemand(t *testing.T) {
	p := newPool(&Launcher{})
	want := Pool{Min: 1, Max: 3}
	if n := p.target("standard", want); n != 1 {
		t.Errorf("%d without demand", n)
	}
	for range 10 {
		p.wanted("standard")
	}
	if n := p.target("standard", want); n != 3 {
		t.Errorf("%d in a rush", n)
	}
	p.asked["standard"] = []time.Time{time.Now().Add(-time.Hour), time.Now(), time.Now()}
	if n := p.target("standard", want); n != 2 {
		t.Errorf("%d after the rush", n)
	}
	p.unseen["just made"] = time.Now()
	if n := p.missing(2); n != 1 {
		t.Errorf("%d are made though one is on its way", n)
	}
	p.pause = time.Now().Add(time.Minute)
	if n := p.missing(2); n > 0 {
		t.Errorf("%d are made in the pause after a refusal", n)
	}
	if !p.take("a") || p.take("a") {
		t.Error("two launches take one pod")
	}
	if p.put("a"); !p.take("a") {
		t.Error("a pod that was put back cannot be taken")
	}
}

func TestHolders(t *testing.T) {
	if holder("", "a") == holder("", "b") || holder("ann", "a") != holder("ann", "b") || holder("a", "") == holder("", "a") {
		t.Error("workspaces are mixed up")
	}
	if attemptOf("abc", podName("abc", 3)) != 3 || attemptOf("abc", "warm-abc") != 0 || attemptOf("ab", podName("abc", 3)) != 0 {
		t.Error("pods are mistaken for others")
	}
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "p", UID: "u", ResourceVersion: "7"}}
	if o := exactly(p, true); *o.Preconditions.UID != "u" || *o.Preconditions.ResourceVersion != "7" {
		t.Errorf("%+v", o.Preconditions)
	}
}
