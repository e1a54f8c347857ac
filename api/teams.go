package api

import (
	"errors"
	"net/http"
	"time"

	"github.com/easel-live/easel/account"
	"github.com/easel-live/easel/collab"
	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/session"
)

// teamView is a team as somebody in it sees it, or invited to it.
type teamView struct {
	ID        string           `json:"id"`
	Name      string           `json:"name"`
	Plan      string           `json:"plan"` // empty: none of its own
	Role      account.TeamRole `json:"role"` // the caller's
	Invited   bool             `json:"invited"`
	CreatedAt time.Time        `json:"created_at"`
	Members   []mateView       `json:"members,omitempty"`
}

// mateView is somebody in a team. Of who is invited only the login name is known.
type mateView struct {
	ID      string           `json:"id"`
	Name    string           `json:"name"`
	Display string           `json:"display"`
	Role    account.TeamRole `json:"role"`
	Invited bool             `json:"invited"`
	Since   time.Time        `json:"since"`
}

func viewTeam(m account.Membership) teamView {
	return teamView{ID: m.ID, Name: m.Name, Plan: m.Plan, Role: m.Role, Invited: m.Invited, CreatedAt: m.Created}
}

// enterTeam finds out what a caller is in the team that the path names. That
// there is one is told to those who are in it.
func (a *API) enterTeam(r *http.Request, need need, c *call) error {
	if c.user.ID == "" {
		return errLogin
	}
	var err error
	if c.team, err = a.cfg.Teams.Find(r.Context(), r.PathValue("team"), c.user.ID, c.admin()); err != nil {
		return refusedTeam(err)
	}
	switch {
	case need == teamAdmin && !c.team.Role.Manages():
		return problemf(http.StatusForbidden, "only the team's owners and admins may do this")
	case need == teamOwner && c.team.Role != account.TeamOwner:
		return problemf(http.StatusForbidden, "only the team's owners may do this")
	}
	return nil
}

// listTeams shows the teams that the caller is in or invited to; with ?all, an
// administrator everybody's.
func (a *API) listTeams(w http.ResponseWriter, r *http.Request, c call) error {
	if r.URL.Query().Has("all") {
		return a.listAllTeams(w, r, c)
	}
	teams, err := a.cfg.Teams.Of(r.Context(), c.user)
	if err != nil {
		return err
	}
	return a.replyTeams(w, r, teams, "")
}

func (a *API) listAllTeams(w http.ResponseWriter, r *http.Request, c call) error {
	if !c.admin() {
		return problemf(http.StatusForbidden, "only administrators may see everybody's teams")
	}
	after, limit, err := page(r)
	if err != nil {
		return err
	}
	teams, err := a.cfg.Teams.All(r.Context(), after, limit+1)
	if err != nil {
		return err
	}
	teams, next := cut(teams, limit, func(t account.Team) string { return t.ID })
	all := make([]account.Membership, len(teams))
	for i, t := range teams {
		all[i] = account.Membership{Team: t, Role: account.TeamOwner}
	}
	return a.replyTeams(w, r, all, next)
}

func (a *API) replyTeams(w http.ResponseWriter, r *http.Request, teams []account.Membership, next string) error {
	views := make([]teamView, len(teams))
	for i, m := range teams {
		views[i] = viewTeam(m)
	}
	return a.reply(w, r, http.StatusOK, map[string]any{"teams": views, "next": next})
}

func (a *API) createTeam(w http.ResponseWriter, r *http.Request, c call) error {
	var body struct {
		Name string `json:"name"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	t, err := a.cfg.Teams.Add(r.Context(), body.Name, c.user, a.cfg.Now())
	if err != nil {
		return refusedTeam(err)
	}
	a.note(r, c.caller, "team.created", t.ID, t.Name)
	w.Header().Set("Location", "/api/v1/teams/"+t.ID)
	return a.reply(w, r, http.StatusCreated, viewTeam(account.Membership{Team: t, Role: account.TeamOwner}))
}

func (a *API) showTeam(w http.ResponseWriter, r *http.Request, c call) error {
	mates, err := a.cfg.Teams.Mates(r.Context(), c.team.ID)
	if err != nil {
		return err
	}
	v := viewTeam(c.team)
	v.Members = make([]mateView, len(mates))
	for i, m := range mates {
		v.Members[i] = mateView(m)
	}
	return a.reply(w, r, http.StatusOK, v)
}

// changeTeam renames a team; administrators of the server give it a plan.
func (a *API) changeTeam(w http.ResponseWriter, r *http.Request, c call) error {
	var body struct {
		Name *string `json:"name"`
		Plan *string `json:"plan"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	if body.Plan != nil {
		if !c.admin() {
			return problemf(http.StatusForbidden, "only administrators of the server may give a team a plan")
		}
		if err := a.cfg.Accountant.CheckPlan(*body.Plan); err != nil {
			return problemf(http.StatusUnprocessableEntity, "%v", err)
		}
	}
	t, err := a.cfg.Teams.Change(r.Context(), c.team.ID, body.Name, body.Plan)
	if err != nil {
		return refusedTeam(err)
	}
	a.note(r, c.caller, "team.changed", t.ID, t.Name)
	return a.reply(w, r, http.StatusOK, viewTeam(account.Membership{Team: t, Role: c.team.Role}))
}

func (a *API) removeTeam(w http.ResponseWriter, r *http.Request, c call) error {
	if err := a.cfg.Teams.Remove(r.Context(), c.team.ID); err != nil {
		return refusedTeam(err)
	}
	a.note(r, c.caller, "team.removed", c.team.ID, c.team.Name)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (a *API) inviteMate(w http.ResponseWriter, r *http.Request, c call) error {
	var body struct {
		Name string           `json:"name"`
		Role account.TeamRole `json:"role"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	if err := a.cfg.Teams.Invite(r.Context(), c.team, body.Name, body.Role, a.cfg.Now()); err != nil {
		return refusedTeam(err)
	}
	a.note(r, c.caller, "team.invited", c.team.ID, body.Name+" as "+string(body.Role))
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// uninviteMate takes an invitation back, or declines the caller's own.
func (a *API) uninviteMate(w http.ResponseWriter, r *http.Request, c call) error {
	name := r.PathValue("name")
	if name != c.user.Name {
		if err := a.enterTeam(r, teamAdmin, &c); err != nil {
			return err
		}
	}
	id := r.PathValue("team")
	if err := a.cfg.Teams.Uninvite(r.Context(), id, name); err != nil {
		return refusedTeam(err)
	}
	a.note(r, c.caller, "team.uninvited", id, name)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (a *API) joinTeam(w http.ResponseWriter, r *http.Request, c call) error {
	id := r.PathValue("team")
	err := a.cfg.Teams.Join(r.Context(), id, c.user, a.cfg.Now())
	if errors.Is(err, account.ErrNoMate) {
		return problemf(http.StatusNotFound, "you are not invited to this team, or no longer")
	}
	if err != nil {
		return refusedTeam(err)
	}
	a.note(r, c.caller, "team.joined", id, "")
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (a *API) changeMate(w http.ResponseWriter, r *http.Request, c call) error {
	var body struct {
		Role account.TeamRole `json:"role"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	if body.Role == "" {
		return refusedTeam(account.ErrTeamRole)
	}
	who := r.PathValue("user")
	if err := a.cfg.Teams.Decide(r.Context(), c.team, c.user.ID, who, body.Role); err != nil {
		return refusedTeam(err)
	}
	a.note(r, c.caller, "team.role", c.team.ID, who+" is "+string(body.Role))
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// removeMate sends somebody away, from the team's sessions too; oneself, anybody
// may.
func (a *API) removeMate(w http.ResponseWriter, r *http.Request, c call) error {
	who := r.PathValue("user")
	shared, err := a.cfg.Teams.SharedWith(r.Context(), who)
	if err != nil {
		return err
	}
	if err := a.cfg.Teams.Decide(r.Context(), c.team, c.user.ID, who, ""); err != nil {
		return refusedTeam(err)
	}
	a.note(r, c.caller, "team.left", c.team.ID, who)
	for id, share := range shared {
		if share.Team != c.team.ID {
			continue
		}
		if err := a.sendAway(id, who); err != nil {
			return err
		}
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// sendAway sends an account's user out of the room of a session that is not
// theirs.
func (a *API) sendAway(id, user string) error {
	s, err := a.cfg.Sessions.Find(id)
	if errors.Is(err, session.ErrNotFound) || err == nil && s.Owner == user {
		return nil
	}
	if err != nil {
		return err
	}
	err = a.cfg.Rooms.Expel(s.Room, user, room.Presence{Person: s.Owner, Name: "Easel", Role: room.Owner})
	if errors.Is(err, collab.ErrAbsent) {
		return nil
	}
	return err
}

// startedIn is the team that a session is to be started in; none without one.
func (a *API) startedIn(r *http.Request, owner account.User, wish launch) (account.Team, error) {
	if wish.Team == "" {
		return account.Team{}, nil
	}
	m, err := a.cfg.Teams.Find(r.Context(), wish.Team, owner.ID, false)
	if err != nil {
		return m.Team, refusedTeam(err)
	}
	return m.Team, nil
}

// shareSession lets a team that the caller is in into a session.
func (a *API) shareSession(w http.ResponseWriter, r *http.Request, c call) error {
	var body struct {
		Team string    `json:"team"`
		Role room.Role `json:"role"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	if body.Role != room.Viewer && body.Role != room.Editor {
		return problemf(http.StatusUnprocessableEntity, "the role must be viewer or editor")
	}
	if c.user.ID == "" {
		return errLogin // a guest, though an owner here, is in no team
	}
	team, err := a.cfg.Teams.Find(r.Context(), body.Team, c.user.ID, c.admin())
	if err != nil {
		return refusedTeam(err)
	}
	if err := a.cfg.Teams.Share(r.Context(), account.Share{Session: c.session.ID, Team: team.ID, Role: body.Role}); err != nil {
		return refusedTeam(err)
	}
	a.note(r, c.caller, "session.shared", c.session.ID, team.Name+" as "+string(body.Role))
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// unshareSession lets no team into a session any more, and sends those away who
// are there by it.
func (a *API) unshareSession(w http.ResponseWriter, r *http.Request, c call) error {
	share, ok, err := a.cfg.Teams.Shared(r.Context(), c.session.ID)
	if err != nil {
		return err
	}
	if ok {
		mates, err := a.cfg.Teams.Mates(r.Context(), share.Team)
		if err != nil {
			return err
		}
		if err := a.cfg.Teams.Unshare(r.Context(), c.session.ID); err != nil {
			return err
		}
		a.note(r, c.caller, "session.unshared", c.session.ID, share.Team)
		for _, m := range mates {
			if m.Invited || m.ID == c.user.ID {
				continue
			}
			if err := a.sendAway(c.session.ID, m.ID); err != nil {
				return err
			}
		}
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// refusedTeam is why something about a team was not done.
func refusedTeam(err error) error {
	for status, reasons := range map[int][]error{
		http.StatusNotFound:            {account.ErrNoTeam, account.ErrNoMate},
		http.StatusForbidden:           {account.ErrMayNot},
		http.StatusConflict:            {account.ErrInTeam, account.ErrLastOwner, account.ErrTeamFull, account.ErrTeams},
		http.StatusUnprocessableEntity: {account.ErrTeamRole, account.ErrName},
	} {
		for _, reason := range reasons {
			if errors.Is(err, reason) {
				return problemf(status, "%v", reason)
			}
		}
	}
	if errors.Is(err, room.ErrName) {
		return problemf(http.StatusUnprocessableEntity, "the team's name: %v", room.ErrName)
	}
	return err
}
