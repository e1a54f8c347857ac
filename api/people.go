package api

import (
	"crypto/rand"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/easel-live/easel/api/access"
	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/session"
)

// Invitations are good for a day unless asked otherwise.
const (
	inviteTTL    = 24 * time.Hour
	minInviteTTL = time.Minute
	maxInviteTTL = 30 * 24 * time.Hour
)

// createToken gives the caller a token for the session's room, with their role.
// Each has an identity of its own, so that two windows don't replace each
// other.
func (a *API) createToken(w http.ResponseWriter, r *http.Request, c call) error {
	var body struct {
		Name string `json:"name"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	name := strings.TrimSpace(body.Name)
	if name == "" {
		name = "Guest"
		if c.admin {
			name = "Owner"
		}
	}
	if err := room.CheckName(name); err != nil {
		return problemf(http.StatusUnprocessableEntity, "your name: %v", err)
	}
	if !c.session.Alive() {
		return errOver
	}
	grant := TokenGrant{
		Room: c.session.Room, Identity: string(c.role) + "-" + strings.ToLower(rand.Text()[:12]),
		Name: name, Role: c.role,
	}
	token, err := a.cfg.Token(grant)
	if err != nil {
		return err
	}
	return a.reply(w, r, http.StatusOK, map[string]any{
		"url":   "ws" + strings.TrimPrefix(a.origin(r, c.caller), "http"),
		"token": token, "room": grant.Room, "identity": grant.Identity, "role": grant.Role,
	})
}

var errOver = problemf(http.StatusConflict, "the session is over")

func (a *API) createInvite(w http.ResponseWriter, r *http.Request, c call) error {
	var body struct {
		Role      room.Role `json:"role"`
		ExpiresIn *int64    `json:"expires_in"` // seconds
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
	if !c.session.Alive() {
		return errOver
	}
	expires := a.cfg.Now().Add(ttl).UTC().Truncate(time.Second)
	token, err := a.cfg.Signer.Sign(access.Invite, access.Pass{Session: c.session.ID, Role: body.Role, Expires: expires})
	if err != nil {
		return err
	}
	return a.reply(w, r, http.StatusCreated, map[string]any{
		"url":   inviteLink(a.origin(r, c.caller), c.session.ID, token),
		"token": token, "role": body.Role, "expires_at": expires,
	})
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
		Invite string `json:"invite"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	id := r.PathValue("id")
	now := a.cfg.Now()
	pass, err := a.cfg.Signer.Open(access.Invite, body.Invite, now)
	switch {
	case errors.Is(err, access.ErrExpired):
		return problemf(http.StatusForbidden, "this invitation has %v; ask for a new one", err)
	case err != nil || pass.Session != id || checkInvited(pass.Role) != nil:
		return problemf(http.StatusForbidden, "this invitation is not valid here; ask for a new one")
	}
	s, err := a.cfg.Sessions.Find(id)
	if errors.Is(err, session.ErrNotFound) {
		return problemf(http.StatusNotFound, "the session is gone")
	}
	if err != nil {
		return err
	}
	if role, ok := c.roleIn(id); ok && role == room.Owner {
		return a.reply(w, r, http.StatusOK, view(s, role)) // who has more keeps it
	}
	pass.Expires = now.Add(guestTTL)
	guest, err := a.cfg.Signer.Sign(access.Guest, pass)
	if err != nil {
		return err
	}
	setCookie(w, r, guestCookie, guest, "/api/v1/sessions/"+id, guestTTL)
	return a.reply(w, r, http.StatusOK, view(s, pass.Role))
}
