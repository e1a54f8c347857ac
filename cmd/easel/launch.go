package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/session"
	"github.com/easel-live/easel/session/kube"
	"github.com/easel-live/easel/session/local"
	"github.com/easel-live/easel/signaling/token"
)

// launchFlags say where sessions run and for how long.
type launchFlags struct {
	Launcher     string        `env:"EASEL_LAUNCHER" default:"local" enum:"local,kube" help:"Where sessions run: local, as processes of this machine, or kube, as pods of a cluster."`
	Kubeconfig   string        `env:"EASEL_KUBECONFIG" type:"path" help:"How to reach the cluster; default as a pod of it."`
	Namespace    string        `env:"EASEL_KUBE_NAMESPACE" default:"easel-sessions" help:"Namespace of the sessions' pods, which should have nothing else."`
	Server       string        `env:"EASEL_KUBE_SERVER" help:"Name of this server in the cluster, the same after a restart; default the host's name."`
	PodURL       string        `env:"EASEL_KUBE_URL" name:"pod-url" help:"ws:// or wss:// URL at which pods reach this server."`
	Templates    string        `env:"EASEL_KUBE_TEMPLATES" type:"path" help:"Folder of pod templates, one a size class: NAME.yaml."`
	Warm         []string      `env:"EASEL_KUBE_WARM" help:"Pods that wait ready, by size class: standard=2, or standard=2-10 to follow demand."`
	Storage      string        `env:"EASEL_KUBE_STORAGE" default:"20Gi" help:"Size of a person's workspace; 0: files go with the pod."`
	StorageClass string        `env:"EASEL_KUBE_STORAGE_CLASS" help:"Storage class of workspaces; default the cluster's."`
	StartWithin  time.Duration `env:"EASEL_KUBE_START_WITHIN" default:"5m" help:"How long a session's pod may take to get ready."`

	Idle   time.Duration `env:"EASEL_SESSION_IDLE" default:"0" help:"End a session in which nobody has drawn for so long; 0: never."`
	Empty  time.Duration `env:"EASEL_SESSION_EMPTY" default:"0" help:"End a session in which nobody has been for so long; 0: never."`
	Length time.Duration `env:"EASEL_SESSION_LENGTH" default:"0" help:"End a session that has lasted for so long; 0: never."`
	Warned time.Duration `env:"EASEL_SESSION_WARN" default:"5m" name:"warn" help:"How long before that its people are told."`
}

func (f launchFlags) bounds() session.Bounds {
	return session.Bounds{Idle: f.Idle, Empty: f.Empty, Length: f.Length, Warn: f.Warned}
}

// openLauncher makes what starts sessions. leave is nil unless sessions go on
// when the server stops: then it lets go of them.
func openLauncher(cfg config, metrics prometheus.Registerer, log *slog.Logger) (launcher session.Launcher, leave func(), err error) {
	mint := func(name string, ttl time.Duration) (string, error) {
		return token.Mint(cfg.keys.Key, cfg.keys.Secret, token.Grant{Room: name, Identity: "agent", Name: "GIMP", Role: room.Agent, TTL: ttl})
	}
	if cfg.launch.Launcher == "kube" {
		k, err := cfg.launch.kube(mint, metrics, log)
		if err != nil {
			return nil, nil, fmt.Errorf("sessions in Kubernetes: %w", err)
		}
		return k, k.Close, nil
	}
	l, err := local.New(local.Config{
		Data: cfg.dir, User: cfg.user, XServer: cfg.xserver, Agent: cfg.agent,
		URL:   "ws" + strings.TrimPrefix(cfg.url, "http"),
		Token: func(name string) (string, error) { return mint(name, agentTTL) },
		Width: firstWidth, Height: firstHeight, Log: log,
	})
	return l, nil, err
}

func (f launchFlags) kube(mint func(string, time.Duration) (string, error), metrics prometheus.Registerer, log *slog.Logger) (*kube.Launcher, error) {
	if f.PodURL == "" {
		return nil, errors.New("EASEL_KUBE_URL must say where pods reach this server, such as ws://easel.easel.svc:8080")
	}
	api, err := f.api()
	if err != nil {
		return nil, err
	}
	templates, err := kube.LoadTemplates(f.Templates)
	if err != nil {
		return nil, err
	}
	storage, err := resource.ParseQuantity(f.Storage)
	if err != nil {
		return nil, fmt.Errorf("EASEL_KUBE_STORAGE: %w", err)
	}
	warm, err := pools(f.Warm)
	if err != nil {
		return nil, err
	}
	name := f.Server
	if name == "" {
		if name, err = os.Hostname(); err != nil {
			return nil, fmt.Errorf("this server's name: %w; set EASEL_KUBE_SERVER", err)
		}
	}
	return kube.New(kube.Config{
		API: api, Namespace: f.Namespace, Server: name, URL: f.PodURL, Token: mint, Templates: templates, Warm: warm,
		Storage: storage, StorageClass: f.StorageClass, StartWithin: f.StartWithin, MaxLength: f.Length, Metrics: metrics, Log: log,
	})
}

func (f launchFlags) api() (*rest.Config, error) {
	if f.Kubeconfig == "" {
		c, err := rest.InClusterConfig()
		if err != nil {
			return nil, fmt.Errorf("this is no pod of a cluster: %w; EASEL_KUBECONFIG says how to reach one", err)
		}
		return c, nil
	}
	return clientcmd.BuildConfigFromFlags("", f.Kubeconfig)
}

// pools reads how many warm pods there should be: size=min or size=min-max.
func pools(all []string) (map[string]kube.Pool, error) {
	out := make(map[string]kube.Pool)
	for _, one := range all {
		size, count, ok := strings.Cut(one, "=")
		least, most, ranged := strings.Cut(count, "-")
		low, err1 := strconv.Atoi(least)
		high, err2 := low, error(nil)
		if ranged {
			high, err2 = strconv.Atoi(most)
		}
		if !ok || errors.Join(err1, err2) != nil || low < 0 || high < low || high > maxWarm {
			return nil, fmt.Errorf("EASEL_KUBE_WARM: %q: want SIZE=COUNT or SIZE=LEAST-MOST, at most %d", one, maxWarm)
		}
		out[size] = kube.Pool{Min: low, Max: high}
	}
	return out, nil
}

// maxWarm bounds a pool, against a digit too many.
const maxWarm = 1000

// adoptWithin bounds the wait for a cluster at the start; a supervisor then
// starts the server anew.
const adoptWithin = 5 * time.Minute

func (s *server) adopt(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, adoptWithin)
	defer cancel()
	return s.sessions.Adopt(ctx)
}
