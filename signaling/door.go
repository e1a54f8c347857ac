package signaling

import (
	"errors"
	"slices"
	"sync"

	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/signaling/token"
)

// Why somebody with a good token is not let in.
var (
	errLocked  = errors.New("the owner has locked this session: nobody else can enter now")
	errRemoved = errors.New("the owner has removed you from this session")
)

// maxVerdicts bounds whom a room remembers.
const maxVerdicts = 10_000

// door is what a room has decided about people, by identity and by person: a
// token says what its bearer could do when it was made, this what they may now.
type door struct {
	mu       sync.Mutex
	verdicts map[string]verdict
	inside   []string // people who may come back into a locked room
}

type verdict struct {
	role    room.Role // "": as their token says
	removed bool
}

// keys are the names somebody is known by.
func keys(claims *token.Claims) []string {
	known := []string{"identity " + claims.Identity}
	if person := claims.Attributes[room.PersonAttribute]; person != "" {
		known = append(known, "person "+person)
	}
	return known
}

// note remembers a verdict about somebody.
func (d *door) note(claims *token.Claims, v verdict) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.verdicts == nil {
		d.verdicts = make(map[string]verdict)
	}
	for _, key := range keys(claims) {
		if _, known := d.verdicts[key]; known || len(d.verdicts) < maxVerdicts {
			d.verdicts[key] = v
		}
	}
}

// let says who may come back in though the room is locked.
func (d *door) let(people []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.inside = people
}

func (d *door) lets(person string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Contains(d.inside, person)
}

// about is the verdict about somebody.
func (d *door) about(claims *token.Claims) verdict {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, key := range keys(claims) {
		if v, ok := d.verdicts[key]; ok {
			return v
		}
	}
	return verdict{}
}

// mayEnter says as what somebody with a good token may be in the room, or why
// not. Anybody may call it.
func (r *liveRoom) mayEnter(claims *token.Claims) (room.Role, error) {
	role := claims.Role
	if role == room.Agent {
		return role, nil
	}
	if admit := r.server.cfg.Admit; admit != nil {
		decided, err := admit(r.name, claims.Attributes[room.PersonAttribute], role)
		if err != nil {
			return "", err
		}
		role = decided
	}
	v := r.door.about(claims)
	switch {
	case v.removed:
		return "", errRemoved
	case v.role != "":
		role = v.role
	}
	_, here := r.roster.Load().byIdentity[claims.Identity]
	here = here || r.door.lets(personOf(claims))
	if role != room.Owner && !here && r.arbiter.Lease().Rules.Locked {
		return "", errLocked
	}
	return role, nil
}
