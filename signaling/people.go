package signaling

import (
	"cmp"
	"slices"
	"time"

	"github.com/easel-live/easel/collab"
	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/signaling/token"
	"github.com/easel-live/easel/wire"
)

// key is the person that somebody is: the same for all their windows.
func (p *participant) key() string { return personOf(p.claims) }

// personOf is the person whose token it is.
func personOf(claims *token.Claims) string {
	return cmp.Or(claims.Attributes[room.PersonAttribute], claims.Identity)
}

// People are who is in a room, by person; nobody, if it is not open. Agents are
// not people.
func (s *Server) People(name string) []room.Presence {
	r := s.find(name)
	if r == nil {
		return nil
	}
	var people []room.Presence
	r.call(func() {
		holder := r.arbiter.Lease().Holder
		at := make(map[string]int, len(r.present))
		for identity, p := range r.present {
			if p.claims.Role == room.Agent {
				continue
			}
			i, known := at[p.key()]
			if !known {
				i = len(people)
				at[p.key()] = i
				people = append(people, room.Presence{Person: p.key(), Name: p.name, Role: p.role()})
			}
			people[i].Windows++
			people[i].Drawing = people[i].Drawing || identity == holder
		}
	})
	slices.SortFunc(people, func(a, b room.Presence) int { return cmp.Compare(a.Person, b.Person) })
	return people
}

// SetRole gives a person in a room a role, as by decides: collab.ErrAbsent if
// they are not there, collab.ErrLastOwner if the room would be left without one.
func (s *Server) SetRole(name, person string, role room.Role, by room.Presence) error {
	return s.withPerson(name, person, func(p *participant) error {
		return p.room.appoint(p, role, decider(by))
	})
}

// Expel sends a person away from a room with all their windows, as by decides:
// collab.ErrAbsent if they are not there.
func (s *Server) Expel(name, person string, by room.Presence) error {
	return s.withPerson(name, person, func(p *participant) error {
		p.room.expel(p, Decision{Kind: wire.ControlRemove, By: decider(by)})
		return nil
	})
}

// decider is who decides something without being in the room.
func decider(by room.Presence) Person {
	return Person{Identity: by.Person, Name: by.Name, Role: by.Role, Key: by.Person}
}

// withPerson runs fn on a room's goroutine with one of a person's windows.
func (s *Server) withPerson(name, person string, fn func(*participant) error) error {
	err := collab.ErrAbsent
	if r := s.find(name); r != nil {
		r.call(func() {
			for _, p := range r.present {
				if p.claims.Role != room.Agent && p.key() == person {
					err = fn(p)
					return
				}
			}
		})
	}
	return err
}

// appoint gives somebody a role by the word of who is not in the room.
func (r *liveRoom) appoint(p *participant, role room.Role, by Person) error {
	if err := r.arbiter.SetRole(p.claims.Identity, role, time.Now()); err != nil {
		return err
	}
	r.roleIs(p, role, Decision{Kind: wire.ControlRole, By: by})
	r.tend()
	return nil
}
