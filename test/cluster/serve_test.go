package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// product is easel itself, serving from a data directory, with sessions in the
// town.
type product struct {
	t   *testing.T
	env []string
	url string
	cmd *exec.Cmd
}

func (w *town) product() *product {
	w.t.Helper()
	dir := w.t.TempDir()
	templates := filepath.Join(dir, "templates")
	must(w.t, os.Mkdir(templates, 0o755))
	must(w.t, os.WriteFile(filepath.Join(templates, "standard.yaml"), []byte(podTemplate), 0o600))
	kubeconfig := filepath.Join(dir, "kubeconfig")
	must(w.t, writeKubeconfig(kubeconfig, w.account))
	port, err := freePort()
	must(w.t, err)
	media, err := freePort()
	must(w.t, err)
	p := &product{t: w.t, url: "http://127.0.0.1:" + port}
	p.env = append(os.Environ(),
		"EASEL_ADDR=127.0.0.1:"+port, "EASEL_UDP_PORT="+media, "EASEL_TCP_PORT=0", "EASEL_DATA="+filepath.Join(dir, "data"),
		"EASEL_LAUNCHER=kube", "EASEL_KUBECONFIG="+kubeconfig, "EASEL_KUBE_NAMESPACE="+w.namespace, "EASEL_KUBE_SERVER=easel-0",
		"EASEL_KUBE_URL=ws://127.0.0.1:"+port, "EASEL_KUBE_TEMPLATES="+templates,
	)
	return p
}

func (p *product) serve() {
	p.t.Helper()
	p.cmd = exec.Command(filepath.Join("..", "..", "bin", "easel"), "serve")
	p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = p.env, p.t.Output(), p.t.Output()
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	must(p.t, p.cmd.Start())
	p.t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // it has ended, if all went well
		_ = p.cmd.Wait()
	})
	eventually(p.t, "the server", func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url+"/readyz", nil)
		must(p.t, err)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return errors.New(resp.Status)
		}
		return nil
	})
}

// stop ends the server as a rollout does.
func (p *product) stop() {
	p.t.Helper()
	must(p.t, p.cmd.Process.Signal(syscall.SIGTERM))
	if err := p.cmd.Wait(); err != nil {
		p.t.Errorf("the server stopped with %v", err)
	}
}

// cli runs a command of easel against the server.
func (p *product) cli(args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join("..", "..", "bin", "easel"), args...)
	var out, diagnosis bytes.Buffer
	cmd.Env, cmd.Stdout, cmd.Stderr = p.env, &out, &diagnosis
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("easel %s: %w: %s", strings.Join(args, " "), err, diagnosis.String())
	}
	return out.String(), nil
}

// TestEaselServesACluster: the product itself, told to run sessions in a cluster,
// makes a pod for one, leaves it when it is stopped, knows it when it is back, and
// ends it.
func TestEaselServesACluster(t *testing.T) {
	w := newTown(t, rules)
	p := w.product()
	p.serve()
	started := make(chan error, 1)
	go func() {
		_, err := p.cli("session", "start", "--name", "In a pod")
		started <- err
	}()
	var pod corev1.Pod
	eventually(t, "a pod", func(ctx context.Context) error {
		pods, err := one.client.CoreV1().Pods(w.namespace).List(ctx, metav1.ListOptions{LabelSelector: "easel.live/kind=session"})
		if err != nil {
			return err
		}
		if len(pods.Items) != 1 || !isReady(&pods.Items[0]) {
			return fmt.Errorf("%d pods", len(pods.Items))
		}
		pod = pods.Items[0]
		return nil
	})
	id := pod.Labels["easel.live/session"]
	p.stop()
	if err := <-started; err == nil {
		t.Error("a start is said to be complete though the server went away")
	}
	after, _ := w.pod(id)
	if after.UID != pod.UID || after.DeletionTimestamp != nil {
		t.Error("the session did not outlive its server")
	}

	p.serve()
	raw, err := p.cli("session", "list", "--json")
	must(t, err)
	var list struct {
		Sessions []struct{ ID, Name, State string }
	}
	must(t, json.Unmarshal([]byte(raw), &list))
	if len(list.Sessions) != 1 || list.Sessions[0].ID != id || list.Sessions[0].Name != "In a pod" {
		t.Errorf("%s", raw)
	}
	_, err = p.cli("session", "end", id)
	must(t, err)
	must(t, w.left())
	p.stop()
}
