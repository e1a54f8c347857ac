package collab

import (
	"encoding/json"
	"slices"
	"sync"
	"time"

	"github.com/easel-live/easel/internal/room"
)

// Limits of a Book.
const (
	// MaxEntries is how many entries a room's timeline keeps: the oldest make
	// room.
	MaxEntries = 4000
	// MaxTimelines is how many rooms are kept, the open ones and those that
	// closed last.
	MaxTimelines = 200
	// JoinTenures is how close two tenures of one person must be for them to be
	// told as one.
	JoinTenures = time.Minute
)

// What an Entry tells.
const (
	Opened   = "opened"   // the room
	Closed   = "closed"   // the room
	Joined   = "joined"   // Who, as Role
	Left     = "left"     // Who
	Drew     = "drew"     // Who held control, from At until Until
	Became   = "became"   // Who has Role now, by By's decision
	Removed  = "removed"  // Who was sent away by By
	Policied = "policy"   // By made Policy the policy
	Locked   = "locked"   // By let nobody else enter
	Unlocked = "unlocked" // By let people enter again
	Muted    = "muted"    // By kept the chat to owners
	Unmuted  = "unmuted"  // By opened the chat again
	Shared   = "shared"   // By had everybody paint with the same tools
	Unshared = "unshared" // By gave everybody their own tools again
	Invited  = "invited"  // By made the invitation Invite for Role
	Revoked  = "revoked"  // By revoked the invitation Invite
)

// Entry is one thing that happened in a session.
type Entry struct {
	At     time.Time   `json:"at"`
	Kind   string      `json:"kind"`
	Who    string      `json:"who,omitempty"` // identity
	Name   string      `json:"name,omitempty"`
	By     string      `json:"by,omitempty"` // identity
	ByName string      `json:"by_name,omitempty"`
	Role   room.Role   `json:"role,omitempty"`
	Policy room.Policy `json:"policy,omitempty"`
	Invite string      `json:"invite,omitempty"`
	Until  *time.Time  `json:"until,omitempty"` // none: it goes on
	Times  int         `json:"times,omitempty"` // tenures that are told as one
}

// Line is the entry as a line of JSON, with its end.
func (e Entry) Line() ([]byte, error) {
	b, err := json.Marshal(e)
	return append(b, '\n'), err
}

// Book keeps the timelines of rooms, in bounded memory.
type Book struct {
	mu    sync.Mutex
	rooms map[string]*timeline
	order []string // by the first entry
}

type timeline struct {
	entries []Entry
	drawing int // 1 + place of the tenure under way; 0: none
}

// NewBook makes an empty book.
func NewBook() *Book { return &Book{rooms: make(map[string]*timeline)} }

// Add writes an entry down.
func (b *Book) Add(name string, e Entry) {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.timeline(name)
	t.add(e)
}

// Control writes down that somebody controls the canvas from now on; an empty
// identity means nobody. It reports whether that is news: the same person's next
// stroke is not.
func (b *Book) Control(room, identity, name string, now time.Time) (news bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.timeline(room)
	last := t.lastDrew()
	if t.drawing > 0 {
		at := now
		t.entries[t.drawing-1].Until = &at
		t.drawing = 0
	}
	if identity == "" {
		return false
	}
	if last >= 0 {
		e := &t.entries[last]
		if e.Who == identity && (e.Until == nil || now.Sub(*e.Until) < JoinTenures) {
			e.Until = nil
			e.Times++
			t.drawing = last + 1
			return false
		}
	}
	t.add(Entry{At: now, Kind: Drew, Who: identity, Name: name, Times: 1})
	t.drawing = len(t.entries)
	return true
}

// Entries are a room's, oldest first; those under way go on to now.
func (b *Book) Entries(room string) []Entry {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.rooms[room]
	if t == nil {
		return nil
	}
	return slices.Clone(t.entries)
}

func (b *Book) timeline(room string) *timeline {
	if t := b.rooms[room]; t != nil {
		return t
	}
	if len(b.order) >= MaxTimelines {
		delete(b.rooms, b.order[0])
		b.order = slices.Delete(b.order, 0, 1)
	}
	t := &timeline{}
	b.rooms[room] = t
	b.order = append(b.order, room)
	return t
}

func (t *timeline) add(e Entry) {
	if len(t.entries) >= MaxEntries {
		t.entries = slices.Delete(t.entries, 0, MaxEntries/8)
		t.drawing = max(0, t.drawing-MaxEntries/8)
	}
	t.entries = append(t.entries, e)
}

// lastDrew is the place of the last tenure, unless somebody else came between;
// -1 for none.
func (t *timeline) lastDrew() int {
	for i := len(t.entries) - 1; i >= 0; i-- {
		if t.entries[i].Kind == Drew {
			return i
		}
	}
	return -1
}
