package cluster

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/easel-live/easel/session"
	"github.com/easel-live/easel/session/kube"
)

// victimEnv tells this binary to be a server that is killed, and what it needs.
const victimEnv = "EASEL_TEST_VICTIM"

type victim struct {
	Host, Token, CA, Namespace string
	Sessions                   int
}

// beKilled starts sessions one after the other and says so, until it is killed.
func beKilled(raw string) {
	var v victim
	if err := json.Unmarshal([]byte(raw), &v); err != nil {
		panic(err)
	}
	template, err := kube.ParseTemplate("standard", []byte(podTemplate))
	if err != nil {
		panic(err)
	}
	log := slog.New(slog.DiscardHandler)
	launcher, err := kube.New(kube.Config{
		API:       &rest.Config{Host: v.Host, BearerToken: v.Token, TLSClientConfig: rest.TLSClientConfig{CAFile: v.CA}},
		Namespace: v.Namespace, Server: "easel-0", URL: "ws://easel.test:8080", Templates: kube.Templates{"standard": template},
		Token: func(room string, _ time.Duration) (string, error) { return "token of " + room, nil },
		Warm:  map[string]kube.Pool{"standard": {Min: 5}}, Log: log,
	})
	if err != nil {
		panic(err)
	}
	s := session.NewService(session.Config{Launcher: launcher, Max: v.Sessions, Keep: 1, Notify: func(string, string, string) {}, Now: time.Now, Log: log})
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.Adopt(ctx); err != nil {
		panic(err)
	}
	for i := range v.Sessions {
		made, err := s.Create(session.Wish{ID: session.NewID(), Owner: fmt.Sprint("person ", i)})
		if err != nil {
			panic(err)
		}
		fmt.Println(made.ID)
		time.Sleep(5 * time.Millisecond)
	}
	<-ctx.Done()
}

// TestAServerIsKilledDuringLaunches: whenever that happens, the next server of
// its name completes what it had recorded, and when all are ended nothing is
// left. Nobody has two pods.
func TestAServerIsKilledDuringLaunches(t *testing.T) {
	for _, after := range []int{1, 20, 100} {
		t.Run(fmt.Sprint("after ", after), func(t *testing.T) {
			w := newTown(t, rules)
			ids := w.killed(after)
			next := w.serve(w.config("easel-0"))
			sessions := next.List()
			t.Logf("%d sessions were wished for, %d recorded", len(ids), len(sessions))
			for _, one := range sessions {
				if got := next.await(t, one.ID); got.State != session.Ready {
					t.Errorf("%+v", got)
				}
				w.pod(one.ID)
			}
			must(t, next.Close(t.Context()))
			next.stop()
			w.noWarm()
			must(t, w.left())
		})
	}
}

// killed runs a server that starts 100 sessions, kills it when it has said that
// it starts the nth, and returns those it told of.
func (w *town) killed(n int) []string {
	w.t.Helper()
	role, err := json.Marshal(victim{
		Host: w.account.Host, Token: w.account.BearerToken, CA: w.account.CAFile, Namespace: w.namespace, Sessions: 100,
	})
	must(w.t, err)
	self, err := os.Executable()
	must(w.t, err)
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), victimEnv+"="+string(role))
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.Stderr = w.t.Output()
	out, err := cmd.StdoutPipe()
	must(w.t, err)
	must(w.t, cmd.Start())
	var ids []string
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if ids = append(ids, lines.Text()); len(ids) == n {
			must(w.t, cmd.Process.Kill())
		}
	}
	_ = cmd.Wait() // killed
	if len(ids) < n {
		w.t.Fatalf("the server ended by itself after %d sessions", len(ids))
	}
	records, err := one.client.CoreV1().ConfigMaps(w.namespace).List(w.t.Context(), metav1.ListOptions{LabelSelector: "easel.live/session"})
	must(w.t, err)
	if len(records.Items) > len(ids) {
		w.t.Errorf("%d records of %d sessions", len(records.Items), len(ids))
	}
	return ids
}
