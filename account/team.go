package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/internal/secret"
)

// Team is people who share sessions, and perhaps a plan.
type Team struct {
	ID      string // t-… : unique, and no secret
	Name    string // for people
	Plan    string // its ID; empty: what is started in the team counts for who starts it
	Created time.Time
}

// TeamRole is what somebody is in a team.
type TeamRole string

// The roles in a team, the greatest first.
const (
	TeamOwner  TeamRole = "owner"  // may end the team and make owners
	TeamAdmin  TeamRole = "admin"  // may invite and send away
	TeamMember TeamRole = "member" // is let into the team's sessions
)

// rank orders the roles; 0 for what is none.
func (r TeamRole) rank() int {
	switch r {
	case TeamOwner:
		return 3
	case TeamAdmin:
		return 2
	case TeamMember:
		return 1
	}
	return 0
}

// Manages says whether a role may invite and send away.
func (r TeamRole) Manages() bool { return r.rank() >= TeamAdmin.rank() }

// MayDecide says whether who has this role may make of somebody with the role
// was somebody with the role to; an empty role is outside. Nobody gives or takes
// more than they have.
func (r TeamRole) MayDecide(was, to TeamRole) bool {
	return r.Manages() && r.rank() >= was.rank() && r.rank() >= to.rank()
}

// Membership is a team as somebody in it sees it, or invited to it.
type Membership struct {
	Team
	Role    TeamRole
	Invited bool // and not in it yet
}

// Mate is somebody in a team, or invited to it: then only what they log in as is
// known.
type Mate struct {
	ID, Name, Display string
	Role              TeamRole
	Invited           bool
	Since             time.Time
}

// Share is a session that a team is let into: its members with a role, its
// owners and admins as editors.
type Share struct {
	Session, Team string
	Role          room.Role // viewer or editor
}

// As is what somebody of a role in the team is in the session.
func (s Share) As(role TeamRole) room.Role {
	if role.Manages() {
		return room.Editor
	}
	return s.Role
}

// Bounds of teams.
const (
	MaxTeams = 20  // that somebody is in
	MaxMates = 200 // in a team, invited ones too
)

// Why something about a team was not done.
var (
	ErrNoTeam    = errors.New("there is no such team")
	ErrNoMate    = errors.New("there is nobody like that in the team")
	ErrInTeam    = errors.New("they are in the team already, or invited")
	ErrLastOwner = errors.New("the team needs an owner: make another one first")
	ErrMayNot    = errors.New("your role in the team does not allow that")
	ErrTeamRole  = errors.New("a role in a team is owner, admin or member")
	ErrTeamFull  = fmt.Errorf("a team has at most %d people, invited ones too", MaxMates)
	ErrTeams     = fmt.Errorf("somebody is in at most %d teams", MaxTeams)
)

// TeamStore keeps teams. Its methods are atomic; those about one team wait for
// each other.
type TeamStore interface {
	// AddTeam writes a team and its first owner down, or fails with ErrTeams.
	AddTeam(ctx context.Context, t Team, owner string) error
	// Team fails with ErrNoTeam.
	Team(ctx context.Context, id string) (Team, error)
	// Teams are everybody's by ID, after the given one.
	Teams(ctx context.Context, after string, limit int) ([]Team, error)
	// TeamsOf are those that somebody is in or invited to, by name.
	TeamsOf(ctx context.Context, u User) ([]Membership, error)
	// ChangeTeam applies f and writes the team.
	ChangeTeam(ctx context.Context, id string, f func(*Team)) (Team, error)
	RemoveTeam(ctx context.Context, id string) error
	// Mates are who is in a team, and then who is invited, each by name.
	Mates(ctx context.Context, team string) ([]Mate, error)
	// MateRole fails with ErrNoMate.
	MateRole(ctx context.Context, team, user string) (TeamRole, error)
	// Invite fails with ErrInTeam, ErrTeamFull or ErrNoTeam.
	Invite(ctx context.Context, team, name string, role TeamRole, now time.Time) error
	// Uninvite takes an invitation back, or fails with ErrNoMate.
	Uninvite(ctx context.Context, team, name string) error
	// Join makes of an invitation a membership; ErrNoMate without one, ErrTeams.
	Join(ctx context.Context, team string, u User, now time.Time) error
	// ChangeMate gives a mate another role, an empty one sends them away, unless
	// may, told their role, refuses; ErrNoMate, or ErrLastOwner if none is left.
	ChangeMate(ctx context.Context, team, user string, to TeamRole, may func(was TeamRole) error) error
	// Share lets a team into a session, instead of another.
	Share(ctx context.Context, s Share) error
	Unshare(ctx context.Context, session string) error
	// Shared is what a session is shared with; false if with nobody.
	Shared(ctx context.Context, session string) (Share, bool, error)
	// SharedWith is what teams share with somebody: their role by session.
	SharedWith(ctx context.Context, user string) (map[string]Share, error)
}

// Teams are who works together with whom.
type Teams struct{ store TeamStore }

// NewTeams makes Teams on a store.
func NewTeams(store TeamStore) *Teams { return &Teams{store} }

// Add makes a team of one person, its owner.
func (t *Teams) Add(ctx context.Context, name string, u User, now time.Time) (Team, error) {
	team := Team{ID: "t-" + secret.Word(5), Name: name, Created: stamp(now)}
	if err := room.CheckName(name); err != nil {
		return team, err
	}
	return team, t.store.AddTeam(ctx, team, u.ID)
}

// Find is a team and what somebody is in it; ErrNoTeam for strangers, who need
// not know that there is one. Administrators of the server own every team.
func (t *Teams) Find(ctx context.Context, id, user string, all bool) (Membership, error) {
	if !maybeID(id) {
		return Membership{}, ErrNoTeam
	}
	team, err := t.store.Team(ctx, id)
	if err != nil {
		return Membership{}, err
	}
	if all {
		return Membership{Team: team, Role: TeamOwner}, nil
	}
	role, err := t.store.MateRole(ctx, id, user)
	if errors.Is(err, ErrNoMate) {
		err = ErrNoTeam
	}
	return Membership{Team: team, Role: role}, err
}

// Of are the teams that somebody is in or invited to.
func (t *Teams) Of(ctx context.Context, u User) ([]Membership, error) { return t.store.TeamsOf(ctx, u) }

// All are a page of everybody's teams.
func (t *Teams) All(ctx context.Context, after string, limit int) ([]Team, error) {
	return t.store.Teams(ctx, after, limit)
}

// Change renames a team and gives it a plan; nil leaves as it is.
func (t *Teams) Change(ctx context.Context, id string, name, plan *string) (Team, error) {
	if name != nil {
		if err := room.CheckName(*name); err != nil {
			return Team{}, err
		}
	}
	return t.store.ChangeTeam(ctx, id, func(team *Team) {
		if name != nil {
			team.Name = *name
		}
		if plan != nil {
			team.Plan = *plan
		}
	})
}

// Remove ends a team; its sessions stay their owners'.
func (t *Teams) Remove(ctx context.Context, id string) error { return t.store.RemoveTeam(ctx, id) }

// Mates are who is in a team or invited.
func (t *Teams) Mates(ctx context.Context, team string) ([]Mate, error) {
	return t.store.Mates(ctx, team)
}

// Invite asks somebody to join by what they log in as. Whether there is such an
// account is told to nobody.
func (t *Teams) Invite(ctx context.Context, by Membership, name string, role TeamRole, now time.Time) error {
	switch {
	case role.rank() == 0:
		return ErrTeamRole
	case !by.Role.MayDecide("", role):
		return ErrMayNot
	case !maybeName(name):
		return ErrName
	}
	return t.store.Invite(ctx, by.ID, name, role, stamp(now))
}

// Uninvite takes an invitation back, or declines it.
func (t *Teams) Uninvite(ctx context.Context, team, name string) error {
	if !maybeID(team) || !maybeName(name) {
		return ErrNoMate
	}
	return t.store.Uninvite(ctx, team, name)
}

// Join accepts an invitation.
func (t *Teams) Join(ctx context.Context, team string, u User, now time.Time) error {
	if !maybeID(team) {
		return ErrNoMate
	}
	return t.store.Join(ctx, team, u, stamp(now))
}

// Decide gives a mate another role, or with an empty one sends them away. Anybody
// may go by themselves.
func (t *Teams) Decide(ctx context.Context, by Membership, caller, user string, to TeamRole) error {
	if to != "" && to.rank() == 0 {
		return ErrTeamRole
	}
	if !maybeID(user) {
		return ErrNoMate
	}
	return t.store.ChangeMate(ctx, by.ID, user, to, func(was TeamRole) error {
		if user == caller && to == "" || by.Role.MayDecide(was, to) {
			return nil
		}
		return ErrMayNot
	})
}

// Share lets a team into a session.
func (t *Teams) Share(ctx context.Context, s Share) error { return t.store.Share(ctx, s) }

// Unshare lets no team into a session any more.
func (t *Teams) Unshare(ctx context.Context, session string) error {
	return t.store.Unshare(ctx, session)
}

// Shared is what a session is shared with; false if with nobody.
func (t *Teams) Shared(ctx context.Context, session string) (Share, bool, error) {
	return t.store.Shared(ctx, session)
}

// SharedWith is what teams share with somebody, by session: with the role that
// they have in it.
func (t *Teams) SharedWith(ctx context.Context, user string) (map[string]Share, error) {
	return t.store.SharedWith(ctx, user)
}

// RoleIn is what somebody is in a session by their team; false: no teammate.
func (t *Teams) RoleIn(ctx context.Context, session, user string) (room.Role, bool, error) {
	share, ok, err := t.store.Shared(ctx, session)
	if err != nil || !ok {
		return "", false, err
	}
	role, err := t.store.MateRole(ctx, share.Team, user)
	if errors.Is(err, ErrNoMate) {
		return "", false, nil
	}
	return share.As(role), err == nil, err
}
