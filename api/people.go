package api

import (
	"errors"
	"net/http"

	"github.com/easel-live/easel/collab"
	"github.com/easel-live/easel/internal/room"
)

// presence is who calls, as the session's room knows them.
func (c call) presence() room.Presence {
	return room.Presence{Person: c.person(), Name: c.name(), Role: c.role}
}

// listPeople shows who is in the session's room now.
func (a *API) listPeople(w http.ResponseWriter, r *http.Request, c call) error {
	people := a.cfg.Rooms.People(c.session.Room)
	if people == nil {
		people = []room.Presence{}
	}
	return a.reply(w, r, http.StatusOK, map[string]any{"people": people})
}

// setRole gives a person in the room another role, at once and for when they
// come back.
func (a *API) setRole(w http.ResponseWriter, r *http.Request, c call) error {
	var body struct {
		Role room.Role `json:"role"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	if err := checkInvited(body.Role); err != nil {
		return err
	}
	if err := a.cfg.Rooms.SetRole(c.session.Room, r.PathValue("person"), body.Role, c.presence()); err != nil {
		return undecided(err)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// removePerson sends a person away, and keeps their browser out.
func (a *API) removePerson(w http.ResponseWriter, r *http.Request, c call) error {
	who, by := r.PathValue("person"), c.presence()
	if who == by.Person {
		return undecided(collab.ErrSelf)
	}
	if err := a.cfg.Rooms.Expel(c.session.Room, who, by); err != nil {
		return undecided(err)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// undecided is why an owner's decision about somebody was not carried out.
func undecided(err error) error {
	switch {
	case errors.Is(err, collab.ErrAbsent):
		return problemf(http.StatusNotFound, "%v", err)
	case errors.Is(err, collab.ErrLastOwner), errors.Is(err, collab.ErrSelf):
		return problemf(http.StatusConflict, "%v", err)
	default:
		return err
	}
}
