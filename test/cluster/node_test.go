package cluster

import (
	"context"
	"errors"
	"fmt"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/easel-live/easel/session"
)

// TestTheMachineIsLost: the cluster forgets a machine that is gone, and the
// session that it ran starts again on another, on its files and in its room.
func TestTheMachineIsLost(t *testing.T) {
	w := newTown(t, rules)
	s := w.serve(w.config("easel-0"))
	wish := session.Wish{ID: session.NewID(), Owner: "ann"}
	s.start(t, wish)
	before, claim := w.pod(wish.ID)
	nodes := one.client.CoreV1().Nodes()
	lost, err := nodes.Get(t.Context(), before.Spec.NodeName, metav1.GetOptions{})
	must(t, err)
	must(t, nodes.Delete(t.Context(), lost.Name, metav1.DeleteOptions{}))
	t.Cleanup(func() { // for the other tests
		lost.ResourceVersion, lost.UID = "", ""
		_, err := nodes.Create(context.Background(), lost, metav1.CreateOptions{})
		must(t, err)
	})
	eventually(t, "another pod elsewhere", func(ctx context.Context) error {
		pods, err := one.client.CoreV1().Pods(w.namespace).List(ctx, metav1.ListOptions{LabelSelector: "easel.live/session=" + wish.ID})
		if err != nil {
			return err
		}
		if len(pods.Items) != 1 || pods.Items[0].UID == before.UID {
			return fmt.Errorf("%d pods", len(pods.Items))
		}
		if now := pods.Items[0]; now.Spec.NodeName == lost.Name || !isReady(&now) {
			return errors.New("it is not ready")
		}
		return nil
	})
	if _, now := w.pod(wish.ID); now != claim {
		t.Errorf("it moved from files %s to %s", claim, now)
	}
	if got, _ := s.Find(wish.ID); got.State != session.Ready || got.Room == "" {
		t.Errorf("%+v", got)
	}
	if n := s.metric(t, "easel_session_moves_total", nil); n != 1 {
		t.Errorf("it moved %v times", n)
	}
	s.end(t, wish.ID)
	must(t, w.left())
}
