package cluster

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	authv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/easel-live/easel/session"
	"github.com/easel-live/easel/session/kube"
)

// patience is how long a test waits for what will come, on a busy machine.
const patience = 4 * time.Minute

// town is a namespace for sessions with what the chart gives a server in it: a
// ServiceAccount that may do what the launcher does, Pod Security "restricted".
type town struct {
	t         *testing.T
	namespace string
	account   *rest.Config
}

// rules are what a server's account may do among sessions.
var rules = []rbacv1.PolicyRule{
	{APIGroups: []string{""}, Resources: []string{"pods", "configmaps", "persistentvolumeclaims"}, Verbs: []string{"get", "list", "watch", "create", "patch", "delete"}},
	{APIGroups: []string{""}, Resources: []string{"secrets"}, Verbs: []string{"create", "patch"}},
}

func newTown(t *testing.T, may []rbacv1.PolicyRule) *town {
	t.Helper()
	ctx := t.Context()
	core := one.client.CoreV1()
	ns, err := core.Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		GenerateName: "town-", Labels: map[string]string{"pod-security.kubernetes.io/enforce": "restricted"},
	}}, metav1.CreateOptions{})
	must(t, err)
	w := &town{t: t, namespace: ns.Name}
	t.Cleanup(func() {
		_ = core.Namespaces().Delete(context.Background(), ns.Name, metav1.DeleteOptions{})
	})
	_, err = core.ServiceAccounts(ns.Name).Create(ctx, &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "easel"}}, metav1.CreateOptions{})
	must(t, err)
	access := one.client.RbacV1()
	_, err = access.Roles(ns.Name).Create(ctx, &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Name: "easel"}, Rules: may}, metav1.CreateOptions{})
	must(t, err)
	_, err = access.RoleBindings(ns.Name).Create(ctx, &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "easel"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: "easel"},
		Subjects:   []rbacv1.Subject{{Kind: "ServiceAccount", Name: "easel", Namespace: ns.Name}},
	}, metav1.CreateOptions{})
	must(t, err)
	hour := int64(3600)
	token, err := core.ServiceAccounts(ns.Name).CreateToken(ctx, "easel", &authv1.TokenRequest{Spec: authv1.TokenRequestSpec{ExpirationSeconds: &hour}}, metav1.CreateOptions{})
	must(t, err)
	w.account = &rest.Config{Host: one.config.Host, BearerToken: token.Status.Token, TLSClientConfig: rest.TLSClientConfig{CAFile: one.config.CAFile}}
	return w
}

// server is a server of the town: a registry of sessions on a launcher, and
// agents that join as soon as GIMP is there.
type server struct {
	*session.Service
	launcher *kube.Launcher
	metrics  *prometheus.Registry
	stop     func()
}

func (w *town) config(name string) kube.Config {
	template, err := kube.ParseTemplate("standard", []byte(podTemplate))
	must(w.t, err)
	return kube.Config{
		API: w.account, Namespace: w.namespace, Server: name, URL: "ws://easel.test:8080",
		Token:     func(room string, _ time.Duration) (string, error) { return "token of " + room, nil },
		Templates: kube.Templates{"standard": template},
		Storage:   resource.MustParse("20Gi"), Log: slog.New(slog.NewTextHandler(w.t.Output(), nil)),
	}
}

func (w *town) serve(cfg kube.Config) *server {
	w.t.Helper()
	s := &server{metrics: prometheus.NewRegistry()}
	cfg.Metrics = s.metrics
	var err error
	s.launcher, err = kube.New(cfg)
	must(w.t, err)
	s.Service = session.NewService(session.Config{
		Launcher: s.launcher, Max: 5000, Keep: 5000, Notify: func(_, code, text string) { w.t.Log("notice", code, text) },
		Now: time.Now, Log: cfg.Log,
	})
	ctx, cancel := context.WithCancel(context.Background())
	var agents sync.WaitGroup
	changes := s.WatchAll(ctx)
	agents.Go(func() {
		for one := range changes {
			if stream := one.Steps[len(one.Steps)-1]; stream.State == session.Active {
				s.AgentConnected(one.Room)
			}
		}
	})
	s.stop = sync.OnceFunc(func() {
		s.Leave()
		s.launcher.Close()
		cancel()
		agents.Wait()
	})
	w.t.Cleanup(s.stop)
	within, done := context.WithTimeout(w.t.Context(), patience)
	defer done()
	must(w.t, s.Adopt(within))
	return s
}

// start starts a session and waits until it is ready.
func (s *server) start(t *testing.T, wish session.Wish) session.Session {
	t.Helper()
	made, err := s.Create(wish)
	must(t, err)
	return s.await(t, made.ID)
}

// await waits until a session is ready, or not starting any more.
func (s *server) await(t *testing.T, id string) session.Session {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	changes, err := s.Watch(ctx, id)
	must(t, err)
	var last session.Session
	for last = range changes {
		if last.State != session.Requested && last.State != session.Starting {
			return last
		}
	}
	t.Fatalf("the session did not get ready: %+v", last)
	return last
}

func (s *server) end(t *testing.T, id string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	must(t, s.End(ctx, id))
}

// left waits until nothing of sessions is left in the town but files, and says
// what is otherwise.
func (w *town) left() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return one.until(ctx, "an empty namespace", func(ctx context.Context) error {
		var names []string
		core := one.client.CoreV1()
		ours := metav1.ListOptions{LabelSelector: "app.kubernetes.io/managed-by=easel"}
		pods, err := core.Pods(w.namespace).List(ctx, ours)
		if err != nil {
			return err
		}
		for _, o := range pods.Items {
			names = append(names, "pod "+o.Name)
		}
		records, err := core.ConfigMaps(w.namespace).List(ctx, ours)
		if err != nil {
			return err
		}
		for _, o := range records.Items {
			names = append(names, "record "+o.Name)
		}
		secrets, err := core.Secrets(w.namespace).List(ctx, ours)
		if err != nil {
			return err
		}
		for _, o := range secrets.Items {
			names = append(names, "secret "+o.Name)
		}
		claims, err := core.PersistentVolumeClaims(w.namespace).List(ctx, metav1.ListOptions{LabelSelector: "easel.live/kind=warm"})
		if err != nil {
			return err
		}
		for _, o := range claims.Items {
			names = append(names, "warm volume "+o.Name)
		}
		if len(names) > 0 {
			return fmt.Errorf("%d are left: %s", len(names), strings.Join(names[:min(5, len(names))], ", "))
		}
		return nil
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// eventually waits until works returns nil.
func eventually(t *testing.T, what string, works func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	must(t, one.until(ctx, what, works))
}

// podTemplate is the least that Pod Security "restricted" takes.
const podTemplate = `
spec:
  terminationGracePeriodSeconds: 5
  securityContext: {runAsNonRoot: true, runAsUser: 1000, fsGroup: 1000, seccompProfile: {type: RuntimeDefault}}
  containers:
    - name: session
      image: easel-session:test
      resources: {requests: {cpu: 250m, memory: 512Mi}}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities: {drop: [ALL]}
`
