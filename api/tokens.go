package api

import (
	"crypto/rand"
	"net/http"
	"regexp"
	"strings"

	"github.com/easel-live/easel/internal/room"
)

// createToken gives the caller a token for the session's room, with their role.
// Each window of a person has an identity of its own, so that two don't replace
// each other; a window that comes back names itself and keeps its identity.
func (a *API) createToken(w http.ResponseWriter, r *http.Request, c call) error {
	var body struct {
		Name   string `json:"name"`
		Window string `json:"window"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	person, role, err := a.standing(c)
	if err != nil {
		return err
	}
	if err := a.roomFor(r, c); err != nil {
		return err
	}
	name := strings.TrimSpace(body.Name)
	if name == "" {
		name = c.name()
	}
	if err := room.CheckName(name); err != nil {
		return problemf(http.StatusUnprocessableEntity, "your name: %v", err)
	}
	window := body.Window
	switch {
	case window == "":
		window = strings.ToLower(rand.Text()[:12])
	case !windowName.MatchString(window):
		return problemf(http.StatusUnprocessableEntity, "window must be 1 to 16 lower-case letters and digits")
	}
	if !c.session.Alive() {
		return errOver
	}
	grant := TokenGrant{Room: c.session.Room, Identity: person + "-" + window, Person: person, Name: name, Role: role}
	token, err := a.cfg.Token(grant)
	if err != nil {
		return err
	}
	return a.reply(w, r, http.StatusOK, map[string]any{
		"url":   "ws" + strings.TrimPrefix(a.origin(r, c.caller), "http"),
		"token": token, "room": grant.Room, "identity": grant.Identity, "role": grant.Role,
	})
}

var windowName = regexp.MustCompile(`^[a-z0-9]{1,16}$`)

// standing is who the caller is in the session's room, and as what: an owner may
// have decided so.
func (a *API) standing(c call) (person string, role room.Role, err error) {
	person = c.person()
	role, err = a.cfg.Guests.Standing(c.session.ID, person, c.role)
	if err != nil {
		return "", "", problemf(http.StatusForbidden, "%v", err)
	}
	return person, role, nil
}

var errOver = problemf(http.StatusConflict, "the session is over")
