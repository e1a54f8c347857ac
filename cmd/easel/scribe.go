package main

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"github.com/easel-live/easel/api/access"
	"github.com/easel-live/easel/collab"
	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/signaling"
	"github.com/easel-live/easel/wire"
)

// scribeBacklog is how much may wait to be written to files; beyond it, rooms
// wait for the disk.
const scribeBacklog = 1024

// scribe writes down what happens in rooms: in the book that owners read, in the
// audit log, and, of what owners decided about people, in the guests' file. Files
// are written by a goroutine of its own: rooms do not wait for disks.
type scribe struct {
	book   *collab.Book
	guests *access.Guests
	file   *auditFile
	audit  *slog.Logger
	log    *slog.Logger

	work chan func()
	done chan struct{}

	// owner is the account that a session belongs to: nobody sends it away for
	// good.
	owner func(session string) string

	mu    sync.Mutex
	rooms map[string]*hands
}

// hands are who is in a room, and whose hand it is.
type hands struct {
	names      map[string]string // by identity
	holder     string
	generation uint32
}

func newScribe(dir string, log *slog.Logger) (*scribe, error) {
	guests, err := access.OpenGuests(filepath.Join(dir, "guests.json"))
	if err != nil {
		return nil, err
	}
	file, err := openAudit(filepath.Join(dir, "audit.jsonl"))
	if err != nil {
		return nil, fmt.Errorf("audit log: %w", err)
	}
	s := &scribe{
		book: collab.NewBook(), guests: guests, file: file, log: log,
		audit: slog.New(slog.NewJSONHandler(file, nil)),
		work:  make(chan func(), scribeBacklog), done: make(chan struct{}),
		rooms: make(map[string]*hands),
	}
	go func() {
		defer close(s.done)
		for write := range s.work {
			write()
		}
	}()
	return s, nil
}

// close writes what still waits. Nothing may be noted any more.
func (s *scribe) close() error {
	close(s.work)
	<-s.done
	return s.file.Close()
}

// note writes an entry into the book and the audit log.
func (s *scribe) note(name string, e collab.Entry) {
	if e.At.IsZero() {
		e.At = time.Now().UTC()
	}
	s.book.Add(name, e)
	s.record(name, e)
}

func (s *scribe) record(name string, e collab.Entry) {
	s.work <- func() {
		s.audit.LogAttrs(context.Background(), slog.LevelInfo, e.Kind, slog.String("session", name), slog.Any("entry", e))
	}
}

func (s *scribe) opened(name string) {
	s.mu.Lock()
	s.rooms[name] = &hands{names: make(map[string]string)}
	s.mu.Unlock()
	s.note(name, collab.Entry{Kind: collab.Opened})
}

func (s *scribe) closed(name string) {
	s.mu.Lock()
	delete(s.rooms, name)
	s.mu.Unlock()
	s.book.Control(name, "", "", time.Now().UTC())
	s.note(name, collab.Entry{Kind: collab.Closed})
}

func (s *scribe) joined(name string, p signaling.Person) {
	s.mu.Lock()
	if h := s.rooms[name]; h != nil {
		h.names[p.Identity] = p.Name
	}
	s.mu.Unlock()
	s.note(name, collab.Entry{Kind: collab.Joined, Who: p.Identity, Name: p.Name, Role: p.Role})
}

func (s *scribe) left(name string, p signaling.Person) {
	s.mu.Lock()
	if h := s.rooms[name]; h != nil {
		delete(h.names, p.Identity)
	}
	s.mu.Unlock()
	s.note(name, collab.Entry{Kind: collab.Left, Who: p.Identity, Name: p.Name, Role: p.Role})
}

// control notes who holds the canvas, if that is another tenure.
func (s *scribe) control(name string, l wire.Lease) {
	s.mu.Lock()
	h := s.rooms[name]
	if h == nil || h.holder == l.Holder && h.generation == l.Generation {
		s.mu.Unlock()
		return
	}
	h.holder, h.generation = l.Holder, l.Generation
	who := h.names[l.Holder]
	s.mu.Unlock()
	now := time.Now().UTC()
	if s.book.Control(name, l.Holder, who, now) {
		s.record(name, collab.Entry{At: now, Kind: collab.Drew, Who: l.Holder, Name: who})
	}
}

// decided notes an owner's decision, and makes it last.
func (s *scribe) decided(name string, d signaling.Decision) {
	e := collab.Entry{
		Who: d.About.Identity, Name: d.About.Name, By: d.By.Identity, ByName: d.By.Name,
	}
	switch d.Kind {
	case wire.ControlRole:
		e.Kind, e.Role = collab.Became, d.About.Role
		s.standing(name, d.About.Key, d.About.Role, false)
	case wire.ControlRemove:
		e.Kind = collab.Removed
		s.standing(name, d.About.Key, d.About.Role, true)
	case wire.ControlPolicy:
		e.Kind, e.Policy = collab.Policied, d.Policy
	case wire.ControlLock:
		e.Kind = pick(d.On, collab.Locked, collab.Unlocked)
	case wire.ControlMute:
		e.Kind = pick(d.On, collab.Muted, collab.Unmuted)
	case wire.ControlShare:
		e.Kind = pick(d.On, collab.Shared, collab.Unshared)
	}
	s.note(name, e)
}

func (s *scribe) standing(name, person string, role room.Role, removed bool) {
	s.work <- func() {
		if removed && person == s.owner(name) {
			return
		}
		if err := s.guests.Decide(name, person, role, removed, time.Now()); err != nil {
			s.log.Error("an owner's decision was not written down", "session", name, "error", err)
		}
	}
}

// ruled makes the rules of a session last.
func (s *scribe) ruled(name string, h signaling.House) {
	s.work <- func() {
		if err := s.guests.Rule(name, access.House(h)); err != nil {
			s.log.Error("a session's rules were not written down", "session", name, "error", err)
		}
	}
}

// recall is what the owners of a session have set.
func (s *scribe) recall(name string) signaling.House { return signaling.House(s.guests.Ruled(name)) }

// forget drops the invitations and guests of a session that is over.
func (s *scribe) forget(session string) {
	s.work <- func() {
		if err := s.guests.Forget(session); err != nil {
			s.log.Error("invitations not dropped", "session", session, "error", err)
		}
	}
}

func pick(on bool, yes, no string) string {
	if on {
		return yes
	}
	return no
}

// admit is the server's last word on who somebody is in a session.
func (s *scribe) admit(name, person string, role room.Role) (room.Role, error) {
	return s.guests.Standing(name, person, role)
}
