package api

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"

	"github.com/easel-live/easel/account"
	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/internal/secret"
	"github.com/easel-live/easel/session"
)

// launch is what a request wants started.
type launch struct {
	Name   string `json:"name"`
	User   string `json:"user"`
	Resume string `json:"resume"`
	Team   string `json:"team"`
}

// createSession starts a session, once for each idempotency key. What it will
// cost is reserved first, so that of two wishes at once a plan for one session
// grants one, whichever servers they come to.
func (a *API) createSession(w http.ResponseWriter, r *http.Request, c call) error {
	var wish launch
	if err := readBody(w, r, &wish); err != nil {
		return err
	}
	key, err := idempotencyKey(r)
	if err != nil {
		return err
	}
	owner, run, err := a.planned(r, c, wish)
	if err != nil {
		return err
	}
	run.Key = key
	if key != "" {
		run.Wish = secret.Digest(fmt.Sprintf("%q", wish))
	}
	team, err := a.startedIn(r, owner, wish)
	if err != nil {
		return err
	}
	run, plan, err := a.cfg.Accountant.Start(r.Context(), owner, team, run, a.cfg.Now())
	if errors.Is(err, account.ErrRepeated) {
		return a.repeated(w, r, run)
	}
	if err != nil {
		return notStarted(err)
	}
	s, err := a.cfg.Sessions.Create(session.Wish{ID: run.Session, Name: run.Name, Owner: owner.ID, Size: plan.Size, Quota: plan.Storage()})
	if err != nil {
		return errors.Join(notStarted(err), a.cfg.Accountant.Cancel(r.Context(), run))
	}
	if wish.Team != "" {
		err := a.cfg.Teams.Share(r.Context(), account.Share{Session: s.ID, Team: team.ID, Role: room.Editor})
		if err != nil && !errors.Is(err, account.ErrNoTeam) { // which it was a moment ago
			return err
		}
	}
	a.note(r, c.caller, "session.started", s.ID, s.Name)
	return a.created(w, r, s)
}

// planned is whose a wished-for session is to be, and its run.
func (a *API) planned(r *http.Request, c call, wish launch) (account.User, account.Run, error) {
	var run account.Run
	owner, err := a.owner(r, c, wish.User)
	if err != nil {
		return owner, run, err
	}
	if wish.Resume == "" {
		run.Session = session.NewID()
		if run.Name, err = a.cfg.Sessions.Name(wish.Name); err != nil {
			return owner, run, notStarted(err)
		}
		return owner, run, nil
	}
	before, err := a.cfg.Accountant.Last(r.Context(), wish.Resume)
	if errors.Is(err, account.ErrNoRun) || err == nil && before.User != owner.ID {
		return owner, run, problemf(http.StatusNotFound, "there is no session %q to go on with", wish.Resume)
	}
	if err != nil {
		return owner, run, err
	}
	if s, err := a.cfg.Sessions.Find(wish.Resume); err == nil && s.Alive() {
		return owner, run, notStarted(session.ErrRuns)
	}
	run.Session = before.Session
	run.Name, err = a.cfg.Sessions.Name(cmp.Or(wish.Name, before.Name))
	if err != nil {
		return owner, run, notStarted(err)
	}
	return owner, run, nil
}

// owner is whose a session is to be: the caller's, or, as an administrator
// wishes, somebody else's.
func (a *API) owner(r *http.Request, c call, wished string) (account.User, error) {
	if wished == "" {
		return c.user, nil
	}
	if !c.admin() {
		return account.User{}, problemf(http.StatusForbidden, "only administrators may start sessions for others")
	}
	u, err := a.cfg.Accounts.Find(r.Context(), wished)
	if err != nil {
		return account.User{}, refusedUser(err)
	}
	return u, nil
}

// created tells of a session that was started.
func (a *API) created(w http.ResponseWriter, r *http.Request, s session.Session) error {
	w.Header().Set("Location", "/api/v1/sessions/"+s.ID)
	return a.reply(w, r, http.StatusCreated, a.view(r, s, room.Owner))
}

// repeated answers a request that was made before as it was answered then.
func (a *API) repeated(w http.ResponseWriter, r *http.Request, run account.Run) error {
	s, err := a.cfg.Sessions.Find(run.Session)
	if errors.Is(err, session.ErrNotFound) {
		return problemf(http.StatusConflict, "the session that was started with this idempotency key is over, or still being started: %s", run.Session)
	}
	if err != nil {
		return err
	}
	return a.created(w, r, s)
}

// idempotencyKey is the request's Idempotency-Key; empty without one.
func idempotencyKey(r *http.Request) (string, error) {
	key := r.Header.Get("Idempotency-Key")
	if len(key) > 128 {
		return "", problemf(http.StatusUnprocessableEntity, "Idempotency-Key has more than 128 bytes")
	}
	for _, b := range []byte(key) {
		if b < 0x21 || b > 0x7e {
			return "", problemf(http.StatusUnprocessableEntity, "Idempotency-Key has bytes that are not visible ASCII")
		}
	}
	return key, nil
}

// planProblem is the type of the problem that another plan, or time, solves.
const planProblem = "urn:easel:plan"

// notStarted is why a session was not started.
func notStarted(err error) error {
	switch {
	case errors.Is(err, room.ErrName), errors.Is(err, account.ErrKey):
		return problemf(http.StatusUnprocessableEntity, "%v", err)
	case errors.Is(err, account.ErrSessions):
		return &problem{http.StatusConflict, planProblem, err.Error()}
	case errors.Is(err, account.ErrMinutes):
		return &problem{http.StatusForbidden, planProblem, err.Error()}
	case errors.Is(err, session.ErrTooMany), errors.Is(err, session.ErrRuns):
		return problemf(http.StatusConflict, "%v", err)
	case errors.Is(err, session.ErrClosed):
		return problemf(http.StatusServiceUnavailable, "%v", err)
	}
	return err
}

// roomFor says why a person may not come into a session: the plan that it counts
// for is for fewer people. Who is there already, and the owner, come in.
func (a *API) roomFor(r *http.Request, c call) error {
	plan, err := a.cfg.Accountant.PlanFor(r.Context(), c.session.ID, c.session.Owner)
	if err != nil || plan.People == 0 || c.person() == c.session.Owner {
		return err
	}
	others := 0
	for _, p := range a.cfg.Rooms.People(c.session.Room) {
		switch p.Person {
		case c.person():
			return nil
		case c.session.Owner:
		default:
			others++
		}
	}
	if others >= plan.People {
		return &problem{http.StatusForbidden, planProblem, fmt.Sprintf("this session has room for %d people besides its owner, and they are here", plan.People)}
	}
	return nil
}
