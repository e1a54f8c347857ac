package cluster

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

// startWithin is how long the control plane may take to come up, on a machine
// that does other things.
const startWithin = 3 * time.Minute

// Cluster is a running control plane.
type Cluster struct {
	dir, bin string
	config   *rest.Config // of the administrator
	client   *kubernetes.Clientset

	apiserver *process
	running   []*process // in the order they were started
	cleanup   []func()   // run in reverse at the end
}

// Start starts a control plane and waits until it answers and its controllers
// work. stop ends everything and returns what could not be ended.
func Start(ctx context.Context) (*Cluster, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "easel-cluster-")
	if err != nil {
		return nil, err
	}
	c := &Cluster{dir: dir, bin: bin}
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	if err := c.bringUp(ctx); err != nil {
		c.Stop()
		return nil, err
	}
	return c, nil
}

// Stop ends everything that was started, the last first.
func (c *Cluster) Stop() {
	for i := len(c.cleanup) - 1; i >= 0; i-- {
		c.cleanup[i]()
	}
	for i := len(c.running) - 1; i >= 0; i-- {
		c.running[i].stop()
	}
	os.RemoveAll(c.dir)
}

func (c *Cluster) bringUp(ctx context.Context) error {
	if err := c.writeKeys(); err != nil {
		return err
	}
	socket := "unix://" + filepath.Join(c.dir, "etcd.sock")
	if err := c.run("etcd",
		"--data-dir", filepath.Join(c.dir, "etcd"), "--unsafe-no-fsync", "--log-level", "warn",
		"--listen-client-urls", socket, "--advertise-client-urls", socket,
		"--listen-peer-urls", "unix://"+filepath.Join(c.dir, "peer.sock"),
	); err != nil {
		return err
	}
	port, err := freePort()
	if err != nil {
		return err
	}
	certs := filepath.Join(c.dir, "certs")
	if err := c.run("apiserver",
		"--etcd-servers", socket, "--bind-address", "127.0.0.1", "--secure-port", port, "--cert-dir", certs,
		"--service-account-key-file", c.path("sa.key"), "--service-account-signing-key-file", c.path("sa.key"),
		"--service-account-issuer", "https://kubernetes.default.svc", "--service-cluster-ip-range", "10.96.0.0/16",
		"--authorization-mode", "Node,RBAC", "--token-auth-file", c.path("tokens.csv"), "--allow-privileged",
		"--endpoint-reconciler-type", "none", "--kubelet-preferred-address-types", "InternalIP",
	); err != nil {
		return err
	}
	c.apiserver = c.running[len(c.running)-1]
	if err := c.connect(ctx, "https://127.0.0.1:"+port, filepath.Join(certs, "apiserver.crt")); err != nil {
		return err
	}
	rates := []string{"--kubeconfig", c.path("admin.conf"), "--kube-api-qps", "1000", "--kube-api-burst", "2000", "--leader-elect=false", "--secure-port", "0"}
	if err := c.run("controller-manager", append(rates,
		"--service-account-private-key-file", c.path("sa.key"), "--root-ca-file", filepath.Join(certs, "apiserver.crt"), "--use-service-account-credentials=false",
		"--node-monitor-grace-period", "20s", "--pvclaimbinder-sync-period", "1s")...); err != nil {
		return err
	}
	if err := c.run("scheduler", rates...); err != nil {
		return err
	}
	// Controllers work when they gave a namespace its account.
	return c.until(ctx, "the controllers", func(ctx context.Context) error {
		_, err := c.client.CoreV1().ServiceAccounts("default").Get(ctx, "default", metav1.GetOptions{})
		return err
	})
}

func (c *Cluster) path(name string) string { return filepath.Join(c.dir, name) }

// run starts a part of Kubernetes.
func (c *Cluster) run(part string, args ...string) error {
	p, err := start(c.dir, part, exec.Command(filepath.Join(c.bin, part), args...))
	if err != nil {
		return err
	}
	c.running = append(c.running, p)
	return nil
}

// writeKeys makes the key of service accounts' tokens and the administrator's
// token.
func (c *Cluster) writeKeys() error {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	block := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	raw := make([]byte, 16)
	rand.Read(raw)
	token := hex.EncodeToString(raw)
	c.config = &rest.Config{BearerToken: token, QPS: 1000, Burst: 2000}
	return errors.Join(
		os.WriteFile(c.path("sa.key"), block, 0o600),
		os.WriteFile(c.path("tokens.csv"), []byte(token+",admin,admin,system:masters\n"), 0o600),
	)
}

// connect waits for the API server and writes the administrator's kubeconfig.
func (c *Cluster) connect(ctx context.Context, host, ca string) error {
	c.config.Host, c.config.CAFile = host, ca
	if err := c.until(ctx, "the API server", func(context.Context) error {
		_, err := os.Stat(ca) // it makes its certificate first
		return err
	}); err != nil {
		return err
	}
	if err := writeKubeconfig(c.path("admin.conf"), c.config); err != nil {
		return err
	}
	var err error
	if c.client, err = kubernetes.NewForConfig(c.config); err != nil {
		return err
	}
	return c.until(ctx, "the API server", func(ctx context.Context) error {
		return c.client.RESTClient().Get().AbsPath("/readyz").Do(ctx).Error()
	})
}

// until waits until works returns nil. It gives up with ctx, or when a part of
// the cluster ended.
func (c *Cluster) until(ctx context.Context, what string, works func(context.Context) error) error {
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		err := works(ctx)
		if err == nil {
			return nil
		}
		for _, p := range c.running {
			if dead := p.ended(); dead != nil {
				return dead
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w", what, err)
		case <-again.C:
		}
	}
}

func writeKubeconfig(path string, c *rest.Config) error {
	return clientcmd.WriteToFile(api.Config{
		Clusters:       map[string]*api.Cluster{"easel": {Server: c.Host, CertificateAuthority: c.CAFile, TLSServerName: c.ServerName}},
		AuthInfos:      map[string]*api.AuthInfo{"easel": {Token: c.BearerToken}},
		Contexts:       map[string]*api.Context{"easel": {Cluster: "easel", AuthInfo: "easel"}},
		CurrentContext: "easel",
	}, path)
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port), nil
}
