package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/easel-live/easel/account/remotes"
)

// Key implements vault.Keys.
func (s *Store) Key(ctx context.Context, person, fresh string) (string, error) {
	if _, err := s.run(ctx, s.db, "INSERT INTO keys (user_id, sealed) VALUES (?, ?) ON CONFLICT (user_id) DO NOTHING", person, fresh); err != nil {
		return "", failed("keeping a key", err)
	}
	var sealed string
	err := s.row(ctx, s.db, "SELECT sealed FROM keys WHERE user_id = ?", person).Scan(&sealed)
	return sealed, failed("finding a key", err)
}

const remoteColumns = "r.id, r.user_id, r.name, r.kind, r.path, r.sealed, r.created"

func readRemote(row scanner) (remotes.Remote, error) {
	var r remotes.Remote
	var created int64
	err := row.Scan(&r.ID, &r.Owner, &r.Name, &r.Kind, &r.Path, &r.Sealed, &created)
	if errors.Is(err, sql.ErrNoRows) {
		return r, remotes.ErrNotFound
	}
	r.Created = moment(created)
	return r, err
}

func readLink(row scanner) (remotes.Link, error) {
	var l remotes.Link
	var created int64
	err := row.Scan(&l.ID, &l.Owner, &l.Name, &l.Kind, &l.Path, &l.Sealed, &created, &l.Session, &l.Paused, &l.Limit)
	l.Created = moment(created)
	return l, err
}

// AddRemote keeps a remote.
func (s *Store) AddRemote(ctx context.Context, r remotes.Remote) error {
	_, err := s.run(ctx, s.db, "INSERT INTO remotes (id, user_id, name, kind, path, sealed, created) VALUES (?, ?, ?, ?, ?, ?, ?)",
		r.ID, r.Owner, r.Name, r.Kind, r.Path, r.Sealed, micros(r.Created))
	if taken(err) {
		err = remotes.ErrTaken
	}
	return failed("keeping a remote", err)
}

// Remote is one of a person's remotes.
func (s *Store) Remote(ctx context.Context, owner, id string) (remotes.Remote, error) {
	r, err := readRemote(s.row(ctx, s.db, "SELECT "+remoteColumns+" FROM remotes r WHERE r.user_id = ? AND r.id = ?", owner, id))
	return r, failed("finding a remote", err)
}

// Remotes are a person's, by name.
func (s *Store) Remotes(ctx context.Context, owner string) ([]remotes.Remote, error) {
	list, err := rows(ctx, s, s.db, readRemote, "SELECT "+remoteColumns+" FROM remotes r WHERE r.user_id = ? ORDER BY r.name", owner)
	return list, failed("listing remotes", err)
}

// SealRemote changes what is sealed of a remote.
func (s *Store) SealRemote(ctx context.Context, id, sealed string) error {
	_, err := s.run(ctx, s.db, "UPDATE remotes SET sealed = ? WHERE id = ?", sealed, id)
	return failed("changing a remote", err)
}

// RemoveRemote removes a remote, and its links with it.
func (s *Store) RemoveRemote(ctx context.Context, owner, id string) error {
	n, err := s.run(ctx, s.db, "DELETE FROM remotes WHERE user_id = ? AND id = ?", owner, id)
	if err == nil && n == 0 {
		err = remotes.ErrNotFound
	}
	return failed("removing a remote", err)
}

// Link connects a remote to a session, or changes how.
func (s *Store) Link(ctx context.Context, l remotes.Link) error {
	_, err := s.run(ctx, s.db, `INSERT INTO remote_links (session, remote_id, paused, rate) VALUES (?, ?, ?, ?)
		ON CONFLICT (session, remote_id) DO UPDATE SET paused = excluded.paused, rate = excluded.rate`, l.Session, l.ID, l.Paused, l.Limit)
	return failed("connecting a remote", err)
}

// Unlink disconnects a remote from a session.
func (s *Store) Unlink(ctx context.Context, session, id string) error {
	n, err := s.run(ctx, s.db, "DELETE FROM remote_links WHERE session = ? AND remote_id = ?", session, id)
	if err == nil && n == 0 {
		err = remotes.ErrNotFound
	}
	return failed("disconnecting a remote", err)
}

// Links are the remotes of a session, by name.
func (s *Store) Links(ctx context.Context, session string) ([]remotes.Link, error) {
	list, err := rows(ctx, s, s.db, readLink, "SELECT "+remoteColumns+`, l.session, l.paused, l.rate
		FROM remote_links l JOIN remotes r ON r.id = l.remote_id WHERE l.session = ? ORDER BY r.name`, session)
	return list, failed("listing a session's remotes", err)
}
