package api

import (
	"errors"
	"net/http"
	"time"

	"github.com/easel-live/easel/api/access"
	"github.com/easel-live/easel/collab"
	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/session"
)

// Invitations are good for a day unless asked otherwise.
const (
	inviteTTL    = 24 * time.Hour
	minInviteTTL = time.Minute
	maxInviteTTL = 30 * 24 * time.Hour
)

// inviteView is an invitation as the owner sees it. Its link is shown once, when
// it is made: nobody keeps it.
type inviteView struct {
	ID        string    `json:"id"`
	Role      room.Role `json:"role"`
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at"`
	Uses      int       `json:"uses"`
	MaxUses   int       `json:"max_uses"` // 0: no limit
	Passcode  bool      `json:"passcode"` // whether one is needed
	URL       string    `json:"url,omitempty"`
	Token     string    `json:"token,omitempty"`
}

func viewInvite(inv access.Invitation) inviteView {
	return inviteView{
		ID: inv.ID, Role: inv.Role, CreatedAt: inv.Created, ExpiresAt: inv.Expires,
		Uses: inv.Uses, MaxUses: inv.MaxUses, Passcode: inv.Passcode != "",
	}
}

func (a *API) listInvites(w http.ResponseWriter, r *http.Request, c call) error {
	views := []inviteView{}
	for _, inv := range a.cfg.Guests.Invitations(c.session.ID, a.cfg.Now()) {
		views = append(views, viewInvite(inv))
	}
	return a.reply(w, r, http.StatusOK, map[string]any{"invites": views})
}

func (a *API) createInvite(w http.ResponseWriter, r *http.Request, c call) error {
	var body struct {
		Role      room.Role `json:"role"`
		ExpiresIn *int64    `json:"expires_in"` // seconds
		MaxUses   int       `json:"max_uses"`
		Passcode  string    `json:"passcode"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	if err := checkInvited(body.Role); err != nil {
		return err
	}
	ttl := inviteTTL
	if body.ExpiresIn != nil {
		s := *body.ExpiresIn
		if s < int64(minInviteTTL/time.Second) || s > int64(maxInviteTTL/time.Second) {
			return problemf(http.StatusUnprocessableEntity, "expires_in must be between %d and %d seconds", int64(minInviteTTL/time.Second), int64(maxInviteTTL/time.Second))
		}
		ttl = time.Duration(s) * time.Second
	}
	switch {
	case body.MaxUses < 0 || body.MaxUses > access.MaxUses:
		return problemf(http.StatusUnprocessableEntity, "max_uses must be between 0, for no limit, and %d", access.MaxUses)
	case len(body.Passcode) > access.MaxPasscodeBytes:
		return problemf(http.StatusUnprocessableEntity, "the passcode has more than %d bytes", access.MaxPasscodeBytes)
	case !c.session.Alive():
		return errOver
	}
	now := a.cfg.Now()
	inv, secret, err := a.cfg.Guests.Invite(access.Invitation{
		Session: c.session.ID, Role: body.Role, Expires: now.Add(ttl), MaxUses: body.MaxUses,
	}, body.Passcode, now)
	if errors.Is(err, access.ErrTooMany) {
		return problemf(http.StatusConflict, "%v", err)
	}
	if err != nil {
		return err
	}
	a.record(c, collab.Entry{Kind: collab.Invited, Invite: inv.ID, Role: inv.Role})
	v := viewInvite(inv)
	v.URL, v.Token = inviteLink(a.origin(r, c.caller), c.session.ID, secret), secret
	return a.reply(w, r, http.StatusCreated, v)
}

// revokeInvite ends an invitation at once. With ?people=remove, whoever came by it
// goes too.
func (a *API) revokeInvite(w http.ResponseWriter, r *http.Request, c call) error {
	people := r.URL.Query().Get("people")
	if people != "" && people != "keep" && people != "remove" {
		return problemf(http.StatusUnprocessableEntity, "people must be keep or remove")
	}
	id := r.PathValue("invite")
	removed, err := a.cfg.Guests.Revoke(c.session.ID, id, people == "remove")
	if errors.Is(err, access.ErrNoSuchCode) {
		return problemf(http.StatusNotFound, "%v", err)
	}
	if err != nil {
		return err
	}
	a.record(c, collab.Entry{Kind: collab.Revoked, Invite: id})
	for _, person := range removed {
		if err := a.cfg.Rooms.Expel(c.session.Room, person, c.presence()); err != nil && !errors.Is(err, collab.ErrAbsent) {
			return err
		}
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// record writes down what a caller did in a session.
func (a *API) record(c call, e collab.Entry) {
	by := c.presence()
	e.By, e.ByName = by.Person, by.Name
	a.cfg.Record(c.session.ID, e)
}

// checkInvited says whether a person may be invited as this: agents are not
// people, and nobody is invited as nothing.
func checkInvited(role room.Role) error {
	switch role {
	case room.Owner, room.Editor, room.Viewer:
		return nil
	default:
		return problemf(http.StatusUnprocessableEntity, "the role must be viewer, editor or owner")
	}
}

// join turns an invitation into a guest's cookie for its session.
func (a *API) join(w http.ResponseWriter, r *http.Request, c call) error {
	var body struct {
		Invite   string `json:"invite"`
		Passcode string `json:"passcode"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	if body.Passcode != "" {
		if err := a.mayGuess(w, r, ""); err != nil {
			return err
		}
	}
	id := r.PathValue("id")
	s, err := a.cfg.Sessions.Find(id)
	if err != nil && !errors.Is(err, session.ErrNotFound) {
		return err
	}
	role, ok, failed := a.roleIn(r, c.caller, s)
	if failed != nil {
		return failed
	}
	if ok && role == room.Owner && err == nil && a.cfg.Guests.Good(id, body.Invite, a.cfg.Now()) {
		return a.reply(w, r, http.StatusOK, a.view(r, s, role)) // who has more keeps it
	}
	guest, cookie, refused := a.cfg.Guests.Join(id, body.Invite, body.Passcode, c.cookie, a.cfg.Now())
	switch {
	case errors.Is(refused, access.ErrPasscode), errors.Is(refused, access.ErrWrongCode):
		return &problem{http.StatusForbidden, passcodeProblem, refused.Error()}
	case errors.Is(refused, access.ErrInvite), errors.Is(refused, access.ErrExpired), errors.Is(refused, access.ErrUsedUp):
		return problemf(http.StatusForbidden, "%v; ask for a new one", refused)
	case errors.Is(refused, access.ErrRemoved):
		return problemf(http.StatusForbidden, "%v", refused)
	case refused != nil:
		return refused
	case err != nil:
		return problemf(http.StatusNotFound, "the session is gone")
	}
	setCookie(w, r, guestCookie, cookie, "/api/v1/sessions/"+id, access.GuestTTL)
	return a.reply(w, r, http.StatusOK, a.view(r, s, guest.Role))
}

// passcodeProblem is the type of the problem that a passcode solves.
const passcodeProblem = "urn:easel:passcode"
