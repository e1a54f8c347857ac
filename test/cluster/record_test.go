package cluster

import (
	"context"
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/easel-live/easel/session"
)

// TestTheRecordSaysWhenASessionWasUsed, for whoever looks at the cluster.
func TestTheRecordSaysWhenASessionWasUsed(t *testing.T) {
	w := newTown(t, rules)
	s := w.serve(w.config("easel-0"))
	ctx, cancel := context.WithCancel(t.Context())
	tended := make(chan struct{})
	go func() {
		defer close(tended)
		s.Tend(ctx)
	}()
	defer func() {
		cancel()
		<-tended
	}()
	wish := session.Wish{ID: session.NewID(), Owner: "ann"}
	began := time.Now().Truncate(time.Second)
	got := s.start(t, wish)
	s.Active(got.Room)
	eventually(t, "the note", func(ctx context.Context) error {
		record, err := one.client.CoreV1().ConfigMaps(w.namespace).Get(ctx, "session-"+wish.ID, metav1.GetOptions{})
		if err != nil {
			return err
		}
		at, err := time.Parse(time.RFC3339, record.Annotations["easel.live/active-at"])
		if err == nil && at.Before(began) {
			err = fmt.Errorf("it was used at %v, which is before it began", at)
		}
		return err
	})
	s.end(t, wish.ID)
	must(t, w.left())
}
