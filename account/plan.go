package account

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"time"

	"github.com/easel-live/easel/internal/room"
)

// Plan is what an account may use. A limit of 0 is none.
type Plan struct {
	ID         string `json:"id"`
	Name       string `json:"name"`        // for people
	Minutes    int    `json:"minutes"`     // of sessions that are ready, a calendar month in UTC
	Sessions   int    `json:"sessions"`    // alive at once
	Size       string `json:"size"`        // size class of its sessions, for the launcher
	StorageGiB int    `json:"storage_gib"` // of a workspace
	People     int    `json:"people"`      // in a session at once, besides its owner
}

// Plans are the plans of a server, in the order they are shown.
type Plans struct {
	Default string `json:"default"` // of an account that has none, unless an administrator's
	Plans   []Plan `json:"plans"`
}

// DefaultPlans are those of a server that was told nothing else.
func DefaultPlans() Plans {
	return Plans{Default: "free", Plans: []Plan{
		{ID: "free", Name: "Free", Minutes: 120, Sessions: 1, Size: "small", StorageGiB: 5, People: 3},
		{ID: "basic", Name: "Basic", Minutes: 20 * 60, Sessions: 1, Size: "standard", StorageGiB: 20, People: 10},
		{ID: "professional", Name: "Professional", Minutes: 200 * 60, Sessions: 3, Size: "large", StorageGiB: 100, People: 50},
		{ID: "enterprise", Name: "Enterprise", Size: "large"},
	}}
}

// unlimited is what administrators have unless somebody gave them a plan.
var unlimited = Plan{ID: "", Name: "No limits"}

// Limits of a file of plans.
const (
	MaxPlansBytes = 64 << 10
	maxPlans      = 50
	maxMinutes    = 31 * 24 * 60 * 1000
	maxStorage    = 1 << 20
	maxCount      = 10_000
)

// ErrPlans is wrapped by ParsePlans's errors.
var ErrPlans = errors.New("bad plans")

// ErrNoPlan says that an account was to have a plan that there is not.
var ErrNoPlan = errors.New("there is no such plan")

var planID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,30}$`)

// ParsePlans reads a file of plans: a JSON object as Plans, with nothing unknown
// in it.
func ParsePlans(b []byte) (Plans, error) {
	var p Plans
	if len(b) > MaxPlansBytes {
		return p, fmt.Errorf("%w: %d bytes, at most %d", ErrPlans, len(b), MaxPlansBytes)
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&p); err != nil {
		return Plans{}, fmt.Errorf("%w: %w", ErrPlans, err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return Plans{}, fmt.Errorf("%w: more than one JSON value", ErrPlans)
	}
	if err := p.check(); err != nil {
		return Plans{}, fmt.Errorf("%w: %w", ErrPlans, err)
	}
	return p, nil
}

func (p Plans) check() error {
	if len(p.Plans) > maxPlans {
		return fmt.Errorf("%d plans, at most %d", len(p.Plans), maxPlans)
	}
	seen := make(map[string]bool)
	for _, one := range p.Plans {
		if seen[one.ID] {
			return fmt.Errorf("two plans with the id %q", one.ID)
		}
		seen[one.ID] = true
		if err := one.check(); err != nil {
			return fmt.Errorf("plan %q: %w", one.ID, err)
		}
	}
	if !seen[p.Default] {
		return fmt.Errorf("the default %q is none of the plans", p.Default)
	}
	return nil
}

func (p Plan) check() error {
	switch {
	case !planID.MatchString(p.ID):
		return errors.New("an id has 1 to 31 lower-case letters, digits and hyphens")
	case p.Size != "" && !planID.MatchString(p.Size):
		return errors.New("a size has 1 to 31 lower-case letters, digits and hyphens")
	case p.Minutes < 0 || p.Minutes > maxMinutes:
		return fmt.Errorf("minutes must be between 0, for no limit, and %d", maxMinutes)
	case p.StorageGiB < 0 || p.StorageGiB > maxStorage:
		return fmt.Errorf("storage_gib must be between 0, for no limit, and %d", maxStorage)
	case p.Sessions < 0 || p.Sessions > maxCount, p.People < 0 || p.People > maxCount:
		return fmt.Errorf("sessions and people must be between 0, for no limit, and %d", maxCount)
	}
	return room.CheckName(p.Name)
}

// Find is the plan with an ID.
func (p Plans) Find(id string) (Plan, bool) {
	for _, one := range p.Plans {
		if one.ID == id {
			return one, true
		}
	}
	return Plan{}, false
}

// Of is the plan that an account has. One that is no more counts as none.
func (p Plans) Of(u User) Plan {
	if one, ok := p.Find(u.Plan); ok {
		return one
	}
	if u.Admin {
		return unlimited
	}
	one, _ := p.Find(p.Default)
	return one
}

// Holding is what an account uses: how many sessions now, and how long its
// sessions were ready this month.
type Holding struct {
	Sessions int
	Used     time.Duration
}

// Refusal is what a plan does not allow, as a sentence for people.
type Refusal struct {
	Why    error // ErrSessions or ErrMinutes
	Detail string
}

func (r *Refusal) Error() string { return r.Detail }

// Unwrap is why.
func (r *Refusal) Unwrap() error { return r.Why }

// Why no session is started.
var (
	ErrSessions = errors.New("the plan's sessions are all in use")
	ErrMinutes  = errors.New("the plan's time for this month is used up")
)

// Admit says why an account that holds this may not start another session.
func (p Plan) Admit(h Holding) error {
	switch {
	case p.Sessions > 0 && h.Sessions >= p.Sessions:
		return &Refusal{ErrSessions, fmt.Sprintf("The plan %s allows %d at once: end a session first.", p.Name, p.Sessions)}
	case p.Minutes > 0 && h.Used >= p.Time():
		return &Refusal{ErrMinutes, fmt.Sprintf("The %d minutes a month of the plan %s are used up; the next month begins on its first day, UTC.", p.Minutes, p.Name)}
	}
	return nil
}

// Storage is how many bytes a workspace may have; 0: no limit.
func (p Plan) Storage() int64 { return int64(p.StorageGiB) << 30 }

// Time is how long an account's sessions may be ready in a month; 0: no limit.
func (p Plan) Time() time.Duration { return time.Duration(p.Minutes) * time.Minute }
