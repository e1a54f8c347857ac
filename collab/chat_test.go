package collab

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/wire"
)

func TestChatKeepsTheLatest(t *testing.T) {
	var c Chat
	for i := range 2 * maxSaid {
		c.Keep(Said{Text: strings.Repeat("x", i%7), At: start.Add(time.Duration(i) * time.Second)})
	}
	kept := c.History()
	if len(kept) != maxSaid || kept[0].At != start.Add(maxSaid*time.Second) {
		t.Fatalf("%d kept, the first from %v", len(kept), kept[0].At)
	}
	for range maxSaid {
		c.Keep(Said{Text: strings.Repeat("x", MaxSaidBytes)})
	}
	total := 0
	for _, s := range c.History() {
		total += len(s.Text)
	}
	if total > maxKeptBytes {
		t.Fatalf("%d bytes kept", total)
	}
}

func TestChatIsPaced(t *testing.T) {
	var c Chat
	for range saidAtOnce {
		if err := c.MaySpeak("eddy", start); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.MaySpeak("eddy", start); !errors.Is(err, ErrTooFast) {
		t.Fatalf("a flood: %v", err)
	}
	c.Leave("eddy", start)
	if err := c.MaySpeak("eddy", start); !errors.Is(err, ErrTooFast) {
		t.Fatalf("a flood after coming back: %v", err)
	}
	if err := c.MaySpeak("emma", start); err != nil {
		t.Fatalf("somebody else: %v", err)
	}
	if err := c.MaySpeak("eddy", start.Add(time.Second)); err != nil {
		t.Fatalf("a second later: %v", err)
	}
	c.Leave("eddy", start.Add(time.Hour))
	if len(c.speakers) != 1 {
		t.Fatalf("%d are paced, want emma", len(c.speakers))
	}
}

func TestAMutedChatIsTheOwners(t *testing.T) {
	a := NewArbiter()
	a.Join("olga", room.Owner, start)
	a.Join("emma", room.Editor, start)
	if err := a.MayChat("emma"); err != nil {
		t.Fatalf("not muted: %v", err)
	}
	if err := a.Command("olga", &wire.Control{Type: wire.ControlMute, On: true}, start); err != nil {
		t.Fatal(err)
	}
	for who, want := range map[string]error{"emma": ErrChatMuted, "nobody": ErrChatMuted, "olga": nil} {
		if err := a.MayChat(who); !errors.Is(err, want) {
			t.Errorf("muted, %s: %v", who, err)
		}
	}
}

func TestCheckText(t *testing.T) {
	for text, want := range map[string]error{
		"hello": nil, "": ErrNoText, " \n": ErrNoText, "\xff": ErrNoText, strings.Repeat("x", MaxSaidBytes+1): ErrTooLong,
		"<b>markup</b>": nil,
	} {
		if err := CheckText(text); !errors.Is(err, want) {
			t.Errorf("%.20q: %v, want %v", text, err, want)
		}
	}
}
