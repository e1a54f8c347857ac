package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"regexp"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// release is the chart installed on the machine: Easel's server is a pod of it,
// and its sessions are others.
type release struct {
	t         *testing.T
	namespace string
	sessions  string // the namespace of its sessions
	server    string // its pod
	url       string // of the server, on this computer's loopback address
	link      string // logs a browser in, once
	client    *http.Client
}

// values are the chart's for a machine of two processors that does other things
// as well.
func values(sessions string) map[string]any {
	tolerations := []any{map[string]any{"key": onMachine, "operator": "Exists"}}
	selector := map[string]any{onMachine: "yes"}
	return map[string]any{
		"image":        map[string]any{"repository": "localhost/easel-server", "tag": "test", "pullPolicy": "Never"},
		"resources":    map[string]any{"requests": map[string]any{"cpu": "100m", "memory": "128Mi"}},
		"nodeSelector": selector, "tolerations": tolerations,
		"sessions": map[string]any{
			"namespace": sessions, "storage": "1Gi",
			"image": map[string]any{"repository": "localhost/easel-session", "tag": "test", "pullPolicy": "Never"},
			"sizes": map[string]any{"standard": map[string]any{
				"nodeSelector": selector, "tolerations": tolerations,
				"resources": map[string]any{"requests": map[string]any{"cpu": "200m", "memory": "512Mi"}},
			}},
		},
	}
}

// install applies the chart, with values that are changed a little, and waits
// until its server serves.
func install(t *testing.T, change ...func(map[string]any)) *release {
	t.Helper()
	core := one.client.CoreV1()
	ns, err := core.Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "easel-"}}, metav1.CreateOptions{})
	must(t, err)
	r := &release{t: t, namespace: ns.Name, sessions: ns.Name + "-sessions", server: "easel-0"}
	t.Cleanup(r.remove)
	chosen := values(r.sessions)
	for _, change := range change {
		change(chosen)
	}
	objects, err := render(chosen, r.namespace)
	must(t, err)
	apply(t, objects, r.namespace)
	r.await()
	return r
}

// remove takes the release away and waits until its server is gone, which has the
// machine's ports.
func (r *release) remove() {
	core := one.client.CoreV1()
	for _, name := range []string{r.namespace, r.sessions} {
		if name != "" {
			must(r.t, core.Namespaces().Delete(context.Background(), name, metav1.DeleteOptions{}))
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	must(r.t, one.until(ctx, "the server's end", func(ctx context.Context) error {
		_, err := core.Pods(r.namespace).Get(ctx, r.server, metav1.GetOptions{})
		if err == nil {
			return errors.New("it is still there")
		}
		return nil
	}))
}

// await waits until the server's pod serves, and logs in.
func (r *release) await() {
	r.t.Helper()
	var server *corev1.Pod
	eventually(r.t, "the server's pod", func(ctx context.Context) error {
		var err error
		if server, err = one.client.CoreV1().Pods(r.namespace).Get(ctx, r.server, metav1.GetOptions{}); err != nil {
			return err
		}
		if !isReady(server) {
			return fmt.Errorf("it is not ready: %+v", server.Status)
		}
		return nil
	})
	r.t.Cleanup(func() {
		if r.t.Failed() {
			r.t.Log(r.log())
		}
	})
	r.forward(net.JoinHostPort(server.Status.PodIP, "8080"))
	r.logIn()
}

// forward makes the server reachable at a loopback address, as kubectl's
// port-forward does: browsers trust pages from there.
func (r *release) forward(to string) {
	way, err := startRelay("127.0.0.1:0", to)
	must(r.t, err)
	r.t.Cleanup(way.close)
	r.url = "http://" + way.from.Addr().String()
}

// log is the server's.
func (r *release) log() string {
	raw, err := one.client.CoreV1().Pods(r.namespace).GetLogs(r.server, &corev1.PodLogOptions{}).DoRaw(context.Background())
	if err != nil {
		return err.Error()
	}
	return string(raw)
}

var firstLogin = regexp.MustCompile(`Name: +(\S+)\s+Password: +(\S+)\s+Log in: +\S+(/login\?\S+)`)

// logIn takes the first login from the server's log, as an operator does.
func (r *release) logIn() {
	r.t.Helper()
	jar, err := cookiejar.New(nil)
	must(r.t, err)
	r.client = &http.Client{Jar: jar}
	found := firstLogin.FindStringSubmatch(r.log())
	if found == nil {
		r.t.Fatal("the server's log has no first login")
	}
	r.link = r.url + found[3]
	must(r.t, r.ask(r.t.Context(), http.MethodPost, "/login", map[string]any{"name": found[1], "password": found[2]}, nil))
}

// ask makes a request to the REST API.
func (r *release) ask(ctx context.Context, method, path string, body, into any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, method, r.url+"/api/v1"+path, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := r.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, answer)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(answer, into)
}

// shown is a session as the API shows it.
type shown struct {
	ID, State, Reason, Waits string
}

// start starts a session, or one that is over again, and waits until it is ready.
func (r *release) start(resume string) string {
	r.t.Helper()
	wish := map[string]any{"name": "In a pod"}
	if resume != "" {
		wish["resume"] = resume
	}
	var s shown
	must(r.t, r.ask(r.t.Context(), http.MethodPost, "/sessions", wish, &s))
	eventually(r.t, "the session is ready", func(ctx context.Context) error {
		if err := r.ask(ctx, http.MethodGet, "/sessions/"+s.ID, nil, &s); err != nil {
			return err
		}
		switch s.State {
		case "ready":
			return nil
		case "failed", "ended":
			r.t.Fatalf("%+v\n%s", s, r.log())
		}
		return fmt.Errorf("%+v, its pod %s", s, r.state(ctx, s.ID))
	})
	return s.ID
}

// state says how a session's pod is, for reasons.
func (r *release) state(ctx context.Context, id string) string {
	pod, err := r.pod(ctx, id)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%s %+v", pod.Status.Phase, pod.Status.ContainerStatuses)
}

// pod returns the one pod of a session.
func (r *release) pod(ctx context.Context, id string) (*corev1.Pod, error) {
	pods, err := one.client.CoreV1().Pods(r.sessions).List(ctx, metav1.ListOptions{LabelSelector: "easel.live/session=" + id})
	if err != nil {
		return nil, err
	}
	if len(pods.Items) != 1 {
		return nil, fmt.Errorf("the session has %d pods", len(pods.Items))
	}
	return &pods.Items[0], nil
}

// end ends a session and sees its pod gone.
func (r *release) end(id string) {
	r.t.Helper()
	must(r.t, r.ask(r.t.Context(), http.MethodDelete, "/sessions/"+id, nil, nil))
	eventually(r.t, "the pod's end", func(ctx context.Context) error {
		pods, err := one.client.CoreV1().Pods(r.sessions).List(ctx, metav1.ListOptions{LabelSelector: "easel.live/session=" + id})
		if err == nil && len(pods.Items) > 0 {
			err = errors.New("it is still there")
		}
		return err
	})
}
