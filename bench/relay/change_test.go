package relay

import (
	"errors"
	"net/netip"
	"testing"
	"time"
)

func TestChangeUnderWay(t *testing.T) {
	l := NewLink(Conditions{}, 1)
	if at, ok := l.Send(time.Second, 1000); !ok || at != time.Second {
		t.Fatalf("a perfect line delivers at %v, %t", at, ok)
	}
	l.Change(Conditions{Loss: 1})
	if _, ok := l.Send(2*time.Second, 1000); ok {
		t.Error("everything was to be lost")
	}
	l.Change(Conditions{Rate: 8000})
	if at, ok := l.Send(3*time.Second, 1000); !ok || at != 4*time.Second {
		t.Errorf("1,000 bytes at 8 kb/s arrive at %v, %t", at, ok)
	}
	// What waits for the slow line is still before what comes after it.
	l.Change(Conditions{})
	if at, ok := l.Send(3100*time.Millisecond, 1000); !ok || at < 4*time.Second {
		t.Errorf("overtaken: %v, %t", at, ok)
	}
}

func TestChangeIsChecked(t *testing.T) {
	r, err := Listen(Options{Server: netip.MustParseAddrPort("127.0.0.1:9"), Listen: netip.MustParseAddrPort("127.0.0.1:0")})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Change(Conditions{Loss: 2}, Conditions{}); !errors.Is(err, ErrConditions) {
		t.Errorf("got %v", err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}
