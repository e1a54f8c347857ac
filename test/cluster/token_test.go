package cluster

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/easel-live/easel/session"
)

// TestCredentialsAreRenewed: a session's token is its own, lives for as long as
// was asked for, and is replaced well before its end in the pod that has it.
func TestCredentialsAreRenewed(t *testing.T) {
	w := newTown(t, rules)
	cfg := w.config("easel-0")
	cfg.TokenTTL = 15 * time.Second
	var minted atomic.Int64
	cfg.Token = func(room string, ttl time.Duration) (string, error) {
		if ttl != cfg.TokenTTL {
			return "", fmt.Errorf("a token for %v", ttl)
		}
		return fmt.Sprintf("token %d of %s", minted.Add(1), room), nil
	}
	s := w.serve(cfg)
	wishes := []session.Wish{{ID: session.NewID(), Owner: "ann"}, {ID: session.NewID(), Owner: "ben"}}
	for _, wish := range wishes {
		s.start(t, wish)
	}
	for _, wish := range wishes {
		pod, _ := w.pod(wish.ID)
		secrets := one.client.CoreV1().Secrets(w.namespace)
		first, err := secrets.Get(t.Context(), pod.Name, metav1.GetOptions{})
		must(t, err)
		if got := string(first.Data["token"]); !strings.HasSuffix(got, " of "+wish.ID) {
			t.Errorf("the session %s has %q", wish.ID, got)
		}
		eventually(t, "another token", func(ctx context.Context) error {
			now, err := secrets.Get(ctx, pod.Name, metav1.GetOptions{})
			if err != nil {
				return err
			}
			if string(now.Data["token"]) == string(first.Data["token"]) {
				return errors.New("it is the first one")
			}
			// Its kubelet brings the pod the token when the pod changes.
			after, _ := w.pod(wish.ID)
			const note = "easel.live/token-expires"
			if after.UID != pod.UID || after.Annotations[note] <= pod.Annotations[note] {
				return fmt.Errorf("the pod is not told of it: %v", after.Annotations)
			}
			return nil
		})
	}
	must(t, s.Close(t.Context()))
	must(t, w.left())
}
