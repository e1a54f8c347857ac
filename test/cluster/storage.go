package cluster

import (
	"context"
	"os"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/tools/cache"
)

// storageClass is what volumes are made of here.
const storageClass = "folder"

// Storage provides a volume for every claim: a folder below dir. Kubernetes
// binds the two, as with any provisioner.
func (c *Cluster) Storage(ctx context.Context, dir string) error {
	if _, err := c.client.StorageV1().StorageClasses().Create(ctx, &storagev1.StorageClass{
		ObjectMeta:  metav1.ObjectMeta{Name: storageClass, Annotations: map[string]string{"storageclass.kubernetes.io/is-default-class": "true"}},
		Provisioner: "easel.live/folder",
	}, metav1.CreateOptions{}); err != nil {
		return err
	}
	factory := informers.NewSharedInformerFactory(c.client, 0)
	claims := factory.Core().V1().PersistentVolumeClaims().Informer()
	if _, err := claims.AddEventHandler(cache.ResourceEventHandlerFuncs{AddFunc: func(o any) {
		if claim := o.(*corev1.PersistentVolumeClaim); claim.Spec.VolumeName == "" {
			c.provide(claim, dir)
		}
	}}); err != nil {
		return err
	}
	stop := make(chan struct{})
	factory.Start(stop)
	c.cleanup = append(c.cleanup, func() {
		close(stop)
		factory.Shutdown()
	})
	return nil
}

func (c *Cluster) provide(claim *corev1.PersistentVolumeClaim, dir string) {
	folder := filepath.Join(dir, string(claim.UID))
	kind := corev1.HostPathDirectoryOrCreate
	// A claim without its volume stays pending, which is what a test then says.
	if err := os.Mkdir(folder, 0o777); err != nil {
		return
	}
	_ = os.Chmod(folder, 0o777) // past the umask
	_, _ = c.client.CoreV1().PersistentVolumes().Create(context.Background(), &corev1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: "folder-" + string(claim.UID)},
		Spec: corev1.PersistentVolumeSpec{
			Capacity: claim.Spec.Resources.Requests, AccessModes: claim.Spec.AccessModes, StorageClassName: storageClass,
			PersistentVolumeReclaimPolicy: corev1.PersistentVolumeReclaimRetain,
			ClaimRef:                      &corev1.ObjectReference{Kind: "PersistentVolumeClaim", Namespace: claim.Namespace, Name: claim.Name, UID: claim.UID},
			PersistentVolumeSource:        corev1.PersistentVolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: folder, Type: &kind}},
		},
	}, metav1.CreateOptions{})
}
