package collab

import (
	"errors"
	"testing"
	"time"

	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/wire"
)

var start = time.Unix(1_700_000_000, 0)

// desk is an arbiter with a clock that a test turns.
type desk struct {
	*Arbiter
	t   *testing.T
	now time.Time
	seq map[string]uint32 // last sequence by person
}

func newDesk(t *testing.T, policy room.Policy, people ...string) *desk {
	d := &desk{Arbiter: NewArbiter(), t: t, now: start, seq: make(map[string]uint32)}
	d.rules.policy = policy
	for _, p := range people {
		role := map[byte]room.Role{'o': room.Owner, 'e': room.Editor, 'v': room.Viewer}[p[0]]
		d.Join(p, role, d.now)
	}
	return d
}

// wait lets time pass, and what is due happen.
func (d *desk) wait(by time.Duration) {
	end := d.now.Add(by)
	for {
		at := d.Deadline()
		if at.IsZero() || at.After(end) {
			break
		}
		if at.After(d.now) {
			d.now = at
		}
		d.Tick(d.now)
	}
	d.now = end
	d.Tick(d.now)
}

func (d *desk) command(who, what, to string, want error) {
	d.t.Helper()
	d.say(who, wire.Control{Type: what, To: to}, want)
}

func (d *desk) say(who string, c wire.Control, want error) {
	d.t.Helper()
	if err := d.Command(who, &c, d.now); !errors.Is(err, want) {
		d.t.Fatalf("%s %s %s: %v, want %v", who, c.Type, c.To, err, want)
	}
	d.Tick(d.now)
}

// next is the generation that clients press under.
func (d *desk) nextGeneration() uint32 {
	l := d.Lease()
	if l.Holder == "" {
		return l.Generation
	}
	return l.Generation + 1
}

// press begins a stroke: under the holder's generation, or the next.
func (d *desk) press(who string, want error) uint32 {
	d.t.Helper()
	generation := d.nextGeneration()
	if d.Lease().Holder == who {
		generation = d.Lease().Generation
	} else {
		d.seq[who] = 0
	}
	d.seq[who]++
	if _, err := d.Admit(who, input(generation, d.seq[who], wire.Event{Kind: wire.ButtonDown, Button: 1}), d.now); !errors.Is(err, want) {
		d.t.Fatalf("%s presses under %d: %v, want %v", who, generation, err, want)
	}
	return generation
}

func (d *desk) lift(who string) {
	d.t.Helper()
	d.seq[who]++
	if _, err := d.Admit(who, input(d.Lease().Generation, d.seq[who], wire.Event{Kind: wire.ButtonUp, Button: 1}), d.now); err != nil {
		d.t.Fatalf("%s lifts: %v", who, err)
	}
	d.Tick(d.now)
}

func (d *desk) holds(who string) {
	d.t.Helper()
	if l := d.Lease(); l.Holder != who {
		d.t.Fatalf("the lease is %+v, want %q to hold it", l, who)
	}
}

func input(gen, seq uint32, events ...wire.Event) *wire.Input {
	return &wire.Input{Generation: gen, First: seq, Events: events}
}

func TestAPressOnAnOpenCanvasIsTheFirstEventOfTheStroke(t *testing.T) {
	d := newDesk(t, room.Open, "ed", "eva")
	d.press("ed", nil)
	d.holds("ed")
	// Eva pressed before she knew: under the same number.
	if _, err := d.Admit("eva", input(d.Lease().Generation, 1, wire.Event{Kind: wire.ButtonDown, Button: 1}), d.now); !errors.Is(err, ErrStale) || !errors.Is(err, ErrPress) {
		t.Fatalf("two hold generation %d: %v", d.Lease().Generation, err)
	}
	// Nor does a press of hers that was under way when a tenure of hers ended: she
	// hears of it.
	if _, err := d.Admit("eva", input(d.Lease().Generation, 4, wire.Event{Kind: wire.ButtonDown, Button: 1}), d.now); !errors.Is(err, ErrNotHolder) || !errors.Is(err, ErrPress) {
		t.Fatal(err)
	}
	// And what follows of that stroke does not count either.
	if _, err := d.Admit("eva", input(d.Lease().Generation, 2, wire.Event{Kind: wire.Move}), d.now); !errors.Is(err, ErrNotHolder) || errors.Is(err, ErrPress) {
		t.Fatal(err)
	}
	d.lift("ed")
	d.holds("ed")
	d.wait(Linger)
	d.holds("")
	d.press("eva", nil)
	d.holds("eva")
}

func TestWhoPressesInVainIsNext(t *testing.T) {
	d := newDesk(t, room.Open, "ed", "eva")
	d.press("ed", nil)
	tried := d.press("eva", ErrBusy)
	if l := d.Lease(); len(l.Waiting) != 1 {
		t.Fatalf("the line is %v", l.Waiting)
	}
	d.wait(OpenPatience)
	d.holds("ed") // not in the middle of the stroke
	d.lift("ed")
	d.holds("eva")
	if d.Lease().Generation <= tried {
		t.Fatalf("generation %d was offered again: stragglers of the refused stroke could join it", tried)
	}
	d.wait(Reserve)
	d.holds("") // she did not begin
}

func TestNobodyAloneLosesTheCanvas(t *testing.T) {
	d := newDesk(t, room.Open, "olga", "vera")
	d.holds("olga")
	d.press("olga", nil)
	d.lift("olga")
	d.wait(time.Hour)
	d.holds("olga")
}

func TestAskedPeopleAnswer(t *testing.T) {
	d := newDesk(t, room.Ask, "olga", "ed", "eva")
	d.press("olga", nil)
	d.lift("olga")
	d.press("ed", ErrBusy)
	if l := d.Lease(); len(l.Waiting) != 0 {
		t.Fatal("a press asked")
	}
	d.command("ed", wire.ControlTake, "", ErrBusy)
	d.command("ed", wire.ControlRequest, "", nil)
	d.command("eva", wire.ControlDeny, "ed", ErrNotHolder)
	d.command("olga", wire.ControlDeny, "ed", nil)
	d.command("ed", wire.ControlRequest, "", ErrDenied)
	d.wait(DenyPause)
	d.command("ed", wire.ControlRequest, "", nil)
	d.press("olga", nil)
	d.command("olga", wire.ControlGrant, "ed", nil) // at the end of the stroke
	d.holds("olga")
	d.lift("olga")
	d.holds("ed")
	d.command("eva", wire.ControlRequest, "", nil)
	d.wait(AskPatience - time.Second)
	d.press("ed", nil)
	d.wait(time.Second)
	d.holds("ed")
	d.lift("ed")
	d.holds("eva") // silence is consent
	d.wait(IdleAfter)
	d.holds("")
	d.press("ed", nil)
	d.holds("ed")
}

func TestPresentersAreNamed(t *testing.T) {
	d := newDesk(t, room.Open, "olga", "ed", "vera")
	d.say("ed", wire.Control{Type: wire.ControlPolicy, Policy: "presenter"}, ErrNotOwner)
	d.say("olga", wire.Control{Type: wire.ControlPolicy, Policy: "tyranny"}, room.ErrPolicy)
	d.command("ed", wire.ControlTake, "", ErrBusy)
	d.command("olga", wire.ControlGrant, "ed", nil)
	d.press("ed", nil)
	d.say("olga", wire.Control{Type: wire.ControlPolicy, Policy: "presenter"}, nil)
	d.wait(time.Second)
	d.holds("ed") // to the end of the stroke
	d.lift("ed")
	d.holds("")
	d.press("ed", ErrPresenter)
	d.command("ed", wire.ControlRequest, "", nil)
	if got := func() []string { d.now = d.now.Add(AskPatience); return d.Tick(d.now) }(); len(got) != 1 || got[0] != "ed" {
		t.Fatalf("unanswered: %v", got)
	}
	d.command("olga", wire.ControlGrant, "ed", nil)
	d.holds("ed")
	d.command("ed", wire.ControlGrant, "olga", ErrNotHolder)
	d.command("ed", wire.ControlRelease, "", nil)
	d.press("ed", nil)
	d.command("olga", wire.ControlGrant, "vera", ErrViewOnly)
}

func TestTheOwnersHandTakesAtOnce(t *testing.T) {
	d := newDesk(t, room.Ask, "ed", "olga", "eva")
	d.holds("olga")
	d.command("olga", wire.ControlGrant, "ed", nil)
	d.press("ed", nil)
	before := d.Lease().Generation
	d.command("eva", wire.ControlTake, "", ErrBusy)
	d.command("olga", wire.ControlTake, "", nil)
	d.holds("olga")
	if l := d.Lease(); l.Generation <= before || !d.held.empty() {
		t.Fatalf("%+v holds %v", l, d.held)
	}
	if _, err := d.Admit("ed", input(before, 1001, wire.Event{Kind: wire.ButtonUp, Button: 1}), d.now); !errors.Is(err, ErrNotHolder) {
		t.Fatal(err)
	}
}

func TestALostHolderHasAGrace(t *testing.T) {
	d := newDesk(t, room.Ask, "ed", "eva")
	d.press("ed", nil)
	d.lift("ed")
	generation := d.Lease().Generation
	d.Lost("ed", d.now)
	d.wait(Grace - time.Millisecond)
	d.Back("ed", d.now)
	d.wait(Grace)
	if l := d.Lease(); l.Holder != "ed" || l.Generation != generation {
		t.Fatalf("back in time, the lease is %+v", l)
	}
	d.press("ed", nil)
	d.Lost("ed", d.now)
	d.wait(time.Second)
	d.holds("ed")
	d.Back("ed", d.now)
	d.holds("") // with a button down nobody knows what the hand did
	d.press("ed", nil)
	d.Lost("ed", d.now)
	d.wait(Grace)
	d.holds("")
	d.press("eva", nil)
	d.wait(StuckAfter)
	d.holds("") // no sign of life
	d.Join("ed", room.Editor, d.now)
	d.command("ed", wire.ControlRequest, "", nil)
	d.Join("ed", room.Editor, d.now) // anew, from another connection
	if l := d.Lease(); l.Holder != "ed" {
		t.Fatalf("%+v", l)
	}
}

func TestOwnersRunTheHouse(t *testing.T) {
	d := newDesk(t, room.Open, "olga", "ed", "vera")
	d.Join("agent", room.Agent, d.now)
	role := func(who, role string) wire.Control { return wire.Control{Type: wire.ControlRole, To: who, Role: role} }
	d.say("ed", role("vera", "editor"), ErrNotOwner)
	d.say("olga", role("vera", "agent"), ErrRole)
	d.say("olga", role("agent", "viewer"), ErrAgent)
	d.say("olga", role("nobody", "viewer"), ErrAbsent)
	d.say("olga", role("olga", "editor"), ErrLastOwner)
	d.say("olga", role("vera", "editor"), nil)
	d.command("vera", wire.ControlTransfer, "ed", ErrNotOwner)
	d.command("olga", wire.ControlTransfer, "olga", ErrSelf)
	d.command("olga", wire.ControlTransfer, "ed", nil)
	d.say("olga", role("vera", "viewer"), ErrNotOwner)
	d.say("ed", role("olga", "owner"), nil)
	d.say("olga", role("ed", "viewer"), nil)
	d.command("olga", wire.ControlRemove, "olga", ErrSelf)
	d.command("olga", wire.ControlRemove, "agent", ErrAgent)
	d.command("olga", wire.ControlRemove, "ed", nil)
	d.say("olga", wire.Control{Type: wire.ControlLock, On: true}, nil)
	d.say("olga", wire.Control{Type: wire.ControlMute, On: true}, nil)
	d.say("vera", wire.Control{Type: wire.ControlMute}, ErrNotOwner)
	if l := d.Lease(); !l.Rules.Locked || !l.Rules.Muted {
		t.Fatalf("%+v", l.Rules)
	}
	d.command("olga", wire.ControlGrant, "vera", nil)
	d.holds("vera")
	d.say("olga", role("vera", "viewer"), nil)
	d.holds("")
	d.command("vera", wire.ControlTake, "", ErrViewOnly)
	d.press("vera", ErrViewOnly)
	d.command("olga", "dance", "", ErrCommand)
	d.command("ghost", wire.ControlTake, "", ErrAbsent)
}

func TestHeldKeysAreBounded(t *testing.T) {
	d := newDesk(t, room.Open, "olga")
	var err error
	for k := range uint32(2 * MaxHeldKeys) {
		if _, err = d.Admit("olga", input(d.Lease().Generation, k+1, wire.Event{Kind: wire.KeyDown, Keysym: k + 1}), d.now); err != nil {
			break
		}
	}
	if !errors.Is(err, ErrHeldKeys) {
		t.Fatalf("held more than %d keys: %v", MaxHeldKeys, err)
	}
}

func TestTheLineIsBounded(t *testing.T) {
	d := newDesk(t, room.Ask, "olga")
	for i := range MaxWaiting + 1 {
		who := "e" + string(rune('A'+i))
		d.Join(who, room.Editor, d.now)
		want := error(nil)
		if i == MaxWaiting {
			want = ErrLine
		}
		d.command(who, wire.ControlRequest, "", want)
	}
}

func BenchmarkAdmit(b *testing.B) {
	a := NewArbiter()
	a.Join("olga", room.Owner, start)
	a.Join("ed", room.Editor, start)
	in := input(a.Lease().Generation, 1, wire.Event{Kind: wire.Move}, wire.Event{Kind: wire.Move})
	b.ReportAllocs()
	for b.Loop() {
		in.First += 2
		if _, err := a.Admit("olga", in, start); err != nil {
			b.Fatal(err)
		}
	}
}
