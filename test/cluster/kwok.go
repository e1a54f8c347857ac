package cluster

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// stages are what kwok's machines do, in its module.
var stages = []string{
	"node/fast/node-initialize.yaml", "node/heartbeat-with-lease/node-heartbeat-with-lease.yaml",
	"pod/fast/pod-ready.yaml", "pod/fast/pod-complete.yaml", "pod/fast/pod-delete.yaml",
}

// Machines adds machines whose pods become ready without running anything, for
// what is about numbers. kwok plays them.
func (c *Cluster) Machines(ctx context.Context, n, podsEach int) error {
	config, err := c.stages()
	if err != nil {
		return err
	}
	if err := c.run("kwok", "--kubeconfig", c.path("admin.conf"), "--config", config,
		"--manage-nodes-with-label-selector", "easel.live/machine=kwok",
		"--node-lease-duration-seconds", "40", "--tls-cert-file", "", "--tls-private-key-file", ""); err != nil {
		return err
	}
	for i := range n {
		room := corev1.ResourceList{
			corev1.ResourceCPU: resource.MustParse("1k"), corev1.ResourceMemory: resource.MustParse("10Ti"),
			corev1.ResourceEphemeralStorage: resource.MustParse("100Ti"),
			corev1.ResourcePods:             *resource.NewQuantity(int64(podsEach), resource.DecimalSI),
		}
		if _, err := c.client.CoreV1().Nodes().Create(ctx, &corev1.Node{
			ObjectMeta: metav1.ObjectMeta{
				Name: fmt.Sprintf("machine-%d", i), Labels: map[string]string{"easel.live/machine": "kwok"},
				Annotations: map[string]string{"kwok.x-k8s.io/node": "fake"},
			},
			Status: corev1.NodeStatus{Allocatable: room, Capacity: room},
		}, metav1.CreateOptions{}); err != nil {
			return err
		}
	}
	return c.until(ctx, "machines", func(ctx context.Context) error {
		nodes, err := c.client.CoreV1().Nodes().List(ctx, metav1.ListOptions{LabelSelector: "easel.live/machine=kwok"})
		if err != nil {
			return err
		}
		for _, node := range nodes.Items {
			if !nodeReady(&node) {
				return fmt.Errorf("%s is not ready", node.Name)
			}
		}
		return nil
	})
}

func nodeReady(n *corev1.Node) bool {
	for _, s := range n.Status.Conditions {
		if s.Type == corev1.NodeReady {
			return s.Status == corev1.ConditionTrue
		}
	}
	return false
}

// stages writes kwok's own stages into one file.
func (c *Cluster) stages() (string, error) {
	cmd := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "sigs.k8s.io/kwok")
	cmd.Dir = "kubernetes"
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("kwok's module: %w", err)
	}
	var all []string
	for _, name := range stages {
		raw, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(out)), "kustomize", "stage", filepath.FromSlash(name)))
		if err != nil {
			return "", fmt.Errorf("kwok's stages: %w", err)
		}
		all = append(all, string(raw))
	}
	path := c.path("stages.yaml")
	return path, os.WriteFile(path, []byte(strings.Join(all, "\n---\n")), 0o644)
}
