package kube

import (
	"maps"
	"path"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// mounted is which volume a pod's workspace is on: a claim and a folder of it.
// No claim: files go with the pod.
type mounted struct{ claim, folder string }

// build makes a pod of the template. Whatever the template says, it is given no
// token for the API server and is not restarted in place.
func (t Template) build(name, url string, labels map[string]string, on mounted) *corev1.Pod {
	source := t.pod.DeepCopy()
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: source.Labels, Annotations: source.Annotations},
		Spec:       source.Spec,
	}
	if pod.Labels == nil {
		pod.Labels = make(map[string]string)
	}
	maps.Copy(pod.Labels, labels)
	pod.Labels[madeLabel] = t.made
	no := false
	pod.Spec.RestartPolicy = corev1.RestartPolicyNever
	pod.Spec.AutomountServiceAccountToken, pod.Spec.EnableServiceLinks = &no, &no
	pod.Spec.Volumes = append(pod.Spec.Volumes, workspaceOf(on), credentialOf(name))
	for i := range pod.Spec.Containers {
		c := &pod.Spec.Containers[i]
		share(c, on.folder)
		if c.Name == container {
			equip(c, url, on.folder)
		}
	}
	return pod
}

// share shows a container that mounts the workspace the session's folder of it:
// other sessions of the same person are on the same volume.
func share(c *corev1.Container, folder string) {
	for i := range c.VolumeMounts {
		if m := &c.VolumeMounts[i]; m.Name == workspaceVolume {
			m.SubPath = path.Join(folder, m.SubPath)
		}
	}
}

// equip tells the container where its server, its files, its token and its quota
// are: the last two come with who claims it.
func equip(c *corev1.Container, url, folder string) {
	c.Env = append(c.Env,
		corev1.EnvVar{Name: "EASEL_URL", Value: url},
		corev1.EnvVar{Name: "EASEL_TOKEN_FILE", Value: credentialPath + "/" + tokenKey},
		corev1.EnvVar{Name: "EASEL_QUOTA_FILE", Value: credentialPath + "/" + quotaKey},
		corev1.EnvVar{Name: "EASEL_WORKSPACE", Value: workspacePath},
	)
	c.VolumeMounts = append(c.VolumeMounts,
		corev1.VolumeMount{Name: workspaceVolume, MountPath: workspacePath, SubPath: folder},
		corev1.VolumeMount{Name: credentialVolume, MountPath: credentialPath, ReadOnly: true},
	)
}

func workspaceOf(on mounted) corev1.Volume {
	v := corev1.Volume{Name: workspaceVolume}
	if on.claim == "" {
		v.EmptyDir = &corev1.EmptyDirVolumeSource{}
		return v
	}
	v.PersistentVolumeClaim = &corev1.PersistentVolumeClaimVolumeSource{ClaimName: on.claim}
	return v
}

// credentialOf is the Secret of a pod, which a warm pod does not have yet.
func credentialOf(pod string) corev1.Volume {
	later, mode := true, int32(0o440)
	return corev1.Volume{Name: credentialVolume, VolumeSource: corev1.VolumeSource{
		Secret: &corev1.SecretVolumeSource{SecretName: pod, Optional: &later, DefaultMode: &mode},
	}}
}
