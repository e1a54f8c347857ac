package kube

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/easel-live/easel/session"
)

// Config is what a Launcher needs from its surroundings.
type Config struct {
	// API is how to reach the cluster: rest.InClusterConfig or a kubeconfig's.
	API *rest.Config
	// Namespace is where sessions live; nothing else should.
	Namespace string
	// Server names this server among those of the cluster. It must stay the same
	// over its restarts: a server adopts the sessions that carry its name.
	Server string
	// URL is where pods find the server: ws://host:port or wss://.
	URL string
	// Token mints the access token of a room's agent.
	Token func(room string, ttl time.Duration) (string, error)
	// TokenTTL is how long such a token opens the room; it is replaced after two
	// thirds of that. A day if zero.
	TokenTTL  time.Duration
	Templates Templates
	// Warm says how many pods of a size wait ready.
	Warm map[string]Pool
	// Storage is the size of a workspace's volume. Zero: the files go with the
	// pod.
	Storage resource.Quantity
	// StorageClass is the volumes' class; empty: the cluster's default.
	StorageClass string
	// StartWithin is how long a launch may take until GIMP is there; five
	// minutes if zero.
	StartWithin time.Duration
	// MaxLength is how long a session may be at most, after which any server of
	// the cluster removes it; zero: as long as it likes.
	MaxLength time.Duration
	Metrics   prometheus.Registerer // nil: not exported
	Log       *slog.Logger
}

// Launcher is the session.Launcher of a Kubernetes cluster.
type Launcher struct {
	cfg     Config
	client  kubernetes.Interface
	store   *store
	metrics *metrics
	pool    *pool
	places  chan struct{} // of requests under way

	ctx  context.Context // ends with Close
	stop context.CancelFunc
	work sync.WaitGroup

	mu   sync.Mutex
	runs map[string]*run // by session ID
}

// New makes a launcher and starts to watch the cluster. It does not wait until
// the cluster answers: Adopt does.
func New(cfg Config) (*Launcher, error) {
	if problems := validation.IsValidLabelValue(cfg.Server); cfg.Server == "" || problems != nil {
		return nil, fmt.Errorf("%q cannot name a server of the cluster: want letters, digits, dashes and dots, at most 63", cfg.Server)
	}
	for size := range cfg.Warm {
		if _, _, err := cfg.Templates.find(size); err != nil {
			return nil, fmt.Errorf("warm pods: %w", err)
		}
	}
	cfg.TokenTTL = or(cfg.TokenTTL, 24*time.Hour)
	cfg.StartWithin = or(cfg.StartWithin, 5*time.Minute)
	l := &Launcher{cfg: cfg, runs: make(map[string]*run), places: make(chan struct{}, writesAtOnce)}
	var err error
	if l.metrics, err = newMetrics(cfg.Metrics); err != nil {
		return nil, fmt.Errorf("metrics of Kubernetes: %w", err)
	}
	api := rest.CopyConfig(cfg.API)
	api.UserAgent = "easel"
	api.QPS = -1 // writesAtOnce is the limit
	api.Wrap(func(next http.RoundTripper) http.RoundTripper { return counted{next, l.metrics} })
	if l.client, err = kubernetes.NewForConfig(api); err != nil {
		return nil, fmt.Errorf("the client of Kubernetes: %w", err)
	}
	if l.store, err = newStore(l.client, cfg.Namespace, l.changed); err != nil {
		return nil, err
	}
	l.pool = newPool(l)
	l.ctx, l.stop = context.WithCancel(context.Background())
	l.store.factory.Start(l.ctx.Done())
	return l, nil
}

func or(d, otherwise time.Duration) time.Duration {
	if d == 0 {
		return otherwise
	}
	return d
}

// Close lets go of the cluster. Sessions go on: the next server of this name
// adopts them.
func (l *Launcher) Close() {
	l.stop()
	l.work.Wait()
	l.store.factory.Shutdown()
}

// Plan names the steps of a session in a cluster.
func (l *Launcher) Plan() []session.Step {
	return []session.Step{
		{Name: "place", Title: "Finding a machine", State: session.Pending},
		{Name: "gimp", Title: "Starting GIMP", State: session.Pending},
		{Name: session.StreamStep, Title: "Starting the stream", State: session.Pending},
	}
}

// Launch begins a session. Launching one that the cluster has a record of takes
// that one over: asking twice makes one session.
func (l *Launcher) Launch(spec session.Spec, obs session.Observer) session.Run {
	size, _, err := l.cfg.Templates.find(spec.Size)
	spec.Size = size
	rec := record{spec: spec, server: l.cfg.Server}
	if l.cfg.MaxLength > 0 {
		rec.expires = spec.CreatedAt.Add(l.cfg.MaxLength)
	}
	r := l.run(rec, obs)
	l.work.Go(func() {
		if err != nil {
			err = failed(reasonTemplate, "Sessions of this size cannot be started here: %v", err)
		}
		r.supervise(err)
	})
	return r
}

// Adopt takes over the sessions of an earlier server of this name, once the
// cluster answers.
func (l *Launcher) Adopt(ctx context.Context, found func(session.Spec) session.Observer) (map[string]session.Run, error) {
	if err := l.sync(ctx); err != nil {
		return nil, err
	}
	runs := make(map[string]session.Run)
	for _, o := range l.store.allRecords() {
		if o.Labels[serverLabel] != l.cfg.Server || o.DeletionTimestamp != nil {
			continue
		}
		rec, err := readRecord(o)
		if err != nil {
			l.cfg.Log.Warn("a session cannot be taken over", "error", err)
			continue
		}
		r := l.run(rec, found(rec.spec))
		runs[rec.spec.ID] = r
		l.work.Go(func() { r.supervise(nil) })
		l.cfg.Log.Info("session of an earlier run taken over", "session", rec.spec.ID)
	}
	l.work.Go(l.pool.keep)
	l.work.Go(l.reap)
	return runs, nil
}

// sync waits until the informers know the cluster.
func (l *Launcher) sync(ctx context.Context) error {
	told := time.NewTimer(5 * time.Second)
	defer told.Stop()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for !l.store.synced() {
		select {
		case <-ctx.Done():
			return fmt.Errorf("the Kubernetes API does not answer: %w", ctx.Err())
		case <-l.ctx.Done():
			return errors.New("closed while waiting for the Kubernetes API")
		case <-told.C:
			l.cfg.Log.Warn("waiting for the Kubernetes API", "host", l.cfg.API.Host)
		case <-again.C:
		}
	}
	return nil
}

// run registers a session's loop.
func (l *Launcher) run(rec record, obs session.Observer) *run {
	r := newRun(l, rec, obs)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.runs[rec.spec.ID] = r
	return r
}

func (l *Launcher) forget(r *run) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.runs[r.rec.spec.ID] == r {
		delete(l.runs, r.rec.spec.ID)
	}
}

// changed wakes whoever looks after what changed in the cluster.
func (l *Launcher) changed(id string) {
	if id == "" {
		l.pool.wake()
		return
	}
	l.mu.Lock()
	r := l.runs[id]
	l.mu.Unlock()
	if r != nil {
		r.wake()
	}
}
