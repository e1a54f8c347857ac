package socket

import (
	"net/netip"
	"testing"
	"time"
)

// fakeKernel takes what its refuse function lets through.
type fakeKernel struct {
	refuse func(multi bool, m message) error // nil: takes everything
	got    [][]byte
	to     []netip.AddrPort
	calls  int
	waits  int
}

func (k *fakeKernel) sendMany(arena []byte, messages []message) (int, error) {
	k.calls++
	for i, m := range messages {
		if err := k.take(true, arena, m); err != nil {
			if i > 0 {
				err = nil // like sendmmsg: the error shows at the next call
			}
			return i, err
		}
	}
	return len(messages), nil
}

func (k *fakeKernel) sendOne(arena []byte, m message) error {
	k.calls++
	return k.take(false, arena, m)
}

func (k *fakeKernel) take(multi bool, arena []byte, m message) error {
	if k.refuse != nil {
		if err := k.refuse(multi, m); err != nil {
			return err
		}
	}
	for from := m.from; from < m.end; from += m.segment {
		k.got = append(k.got, append([]byte(nil), arena[from:min(from+m.segment, m.end)]...))
		k.to = append(k.to, m.to)
	}
	return nil
}

func (k *fakeKernel) wait(time.Duration) { k.waits++ }

func newFakeConn(t *testing.T, k kernel, best Mode) *Conn {
	t.Helper()
	c := newConn(listenUDP(t), k, best)
	t.Cleanup(func() { _ = c.Close() })
	return c
}
