package cluster

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/yaml"
)

// TestOneContainer: the image of deploy/compose serves sessions on one machine
// under the settings of its compose file, as strictly as Pod Security
// "restricted" asks.
func TestOneContainer(t *testing.T) {
	m := machine(t)
	ctx, cancel := context.WithTimeout(t.Context(), buildWithin)
	defer cancel()
	must(t, m.BuildOne(ctx))
	raw, err := os.ReadFile(filepath.Join("..", "..", "deploy", "compose", "compose.yaml"))
	must(t, err)
	var file struct {
		Services map[string]struct {
			Environment []string `json:"environment"`
		} `json:"services"`
	}
	must(t, yaml.Unmarshal(raw, &file))
	ns, err := one.client.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		GenerateName: "compose-", Labels: map[string]string{"pod-security.kubernetes.io/enforce": "restricted"},
	}}, metav1.CreateOptions{})
	must(t, err)
	pod, err := one.client.CoreV1().Pods(ns.Name).Create(t.Context(), alone(file.Services["easel"].Environment), metav1.CreateOptions{})
	must(t, err)
	r := &release{t: t, namespace: ns.Name, server: pod.Name}
	t.Cleanup(r.remove)
	r.await()
	id := r.start("")
	r.upload(id, "canvas.png", white(640, 480))
	b := r.browser(id)
	must(t, r.openImage(id, "canvas.png"))
	paint(t, b)
	keep(t, b, "painted")
}

// alone is the compose file's container as a pod. Its media is announced at the
// pod's own address.
func alone(environment []string) *corev1.Pod {
	env := []corev1.EnvVar{{Name: "POD_IP", ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: "status.podIP"}}}}
	for _, one := range environment {
		if name, value, set := strings.Cut(one, "="); set {
			if strings.HasPrefix(value, "${EASEL_HOST") {
				value = "$(POD_IP)"
			}
			env = append(env, corev1.EnvVar{Name: name, Value: value})
		}
	}
	user, yes, no := int64(1000), true, false
	empty := corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "easel"},
		Spec: corev1.PodSpec{
			NodeSelector:                 map[string]string{onMachine: "yes"},
			Tolerations:                  []corev1.Toleration{{Key: onMachine, Operator: corev1.TolerationOpExists}},
			AutomountServiceAccountToken: &no,
			SecurityContext:              &corev1.PodSecurityContext{RunAsNonRoot: &yes, FSGroup: &user, SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}},
			Volumes:                      []corev1.Volume{{Name: "data", VolumeSource: empty}, {Name: "tmp", VolumeSource: empty}},
			Containers: []corev1.Container{{
				Name: "easel", Image: oneImage, ImagePullPolicy: corev1.PullNever, Env: env,
				SecurityContext: &corev1.SecurityContext{
					RunAsUser: &user, ReadOnlyRootFilesystem: &yes, AllowPrivilegeEscalation: &no,
					Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
				},
				Resources:      corev1.ResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("100m")}},
				VolumeMounts:   []corev1.VolumeMount{{Name: "data", MountPath: "/data"}, {Name: "tmp", MountPath: "/tmp"}},
				ReadinessProbe: &corev1.Probe{ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: "/readyz", Port: intstr.FromInt32(8080)}}, PeriodSeconds: 1},
			}},
		},
	}
}
