package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/easel-live/easel/account"
)

const teamColumns = "t.id, t.name, t.plan, t.created"

func readTeam(row scanner) (account.Team, error) {
	var t account.Team
	var created int64
	err := row.Scan(&t.ID, &t.Name, &t.Plan, &created)
	if errors.Is(err, sql.ErrNoRows) {
		return t, account.ErrNoTeam
	}
	t.Created = moment(created)
	return t, err
}

// withTeam runs f in a transaction that has the team to itself.
func (s *Store) withTeam(ctx context.Context, id string, f func(tx *sql.Tx, t account.Team) error) error {
	return s.within(ctx, func(tx *sql.Tx) error {
		t, err := readTeam(s.row(ctx, tx, "SELECT "+teamColumns+" FROM teams t WHERE id = ?"+s.forUpdate, id))
		if err != nil {
			return err
		}
		return f(tx, t)
	})
}

// number is the only number that a statement finds.
func (s *Store) number(ctx context.Context, q queryer, statement string, args ...any) (n int, err error) {
	err = s.row(ctx, q, statement, args...).Scan(&n)
	return n, err
}

// AddTeam writes a team and its first owner down.
func (s *Store) AddTeam(ctx context.Context, t account.Team, owner string) error {
	err := s.within(ctx, func(tx *sql.Tx) error {
		if err := s.mayJoin(ctx, tx, owner); err != nil {
			return err
		}
		if _, err := s.run(ctx, tx, "INSERT INTO teams (id, name, plan, created) VALUES (?, ?, ?, ?)", t.ID, t.Name, t.Plan, micros(t.Created)); err != nil {
			return err
		}
		return s.addMate(ctx, tx, t.ID, owner, account.TeamOwner, t.Created)
	})
	return failed("adding a team", err)
}

// mayJoin fails if somebody is in as many teams as one may be. Their row keeps
// two that they join at once from both fitting.
func (s *Store) mayJoin(ctx context.Context, tx *sql.Tx, user string) error {
	if _, err := readUser(s.row(ctx, tx, "SELECT "+userColumns+" FROM users WHERE id = ?"+s.forUpdate, user)); err != nil {
		return err
	}
	n, err := s.number(ctx, tx, "SELECT count(*) FROM team_members WHERE user_id = ?", user)
	if err == nil && n >= account.MaxTeams {
		err = account.ErrTeams
	}
	return err
}

func (s *Store) addMate(ctx context.Context, tx *sql.Tx, team, user string, role account.TeamRole, now time.Time) error {
	_, err := s.run(ctx, tx, "INSERT INTO team_members (team_id, user_id, role, since) VALUES (?, ?, ?, ?)", team, user, string(role), micros(now))
	return err
}

// Team is the one with an ID.
func (s *Store) Team(ctx context.Context, id string) (account.Team, error) {
	t, err := readTeam(s.row(ctx, s.db, "SELECT "+teamColumns+" FROM teams t WHERE id = ?", id))
	return t, failed("looking for a team", err)
}

// Teams are a page of everybody's.
func (s *Store) Teams(ctx context.Context, after string, limit int) ([]account.Team, error) {
	list, err := rows(ctx, s, s.db, readTeam, "SELECT "+teamColumns+" FROM teams t WHERE id > ? ORDER BY id LIMIT ?", after, limit)
	return list, failed("listing teams", err)
}

func readMembership(row scanner) (account.Membership, error) {
	var m account.Membership
	var created int64
	err := row.Scan(&m.ID, &m.Name, &m.Plan, &created, &m.Role, &m.Invited)
	m.Created = moment(created)
	return m, err
}

// TeamsOf are those that somebody is in or invited to.
func (s *Store) TeamsOf(ctx context.Context, u account.User) ([]account.Membership, error) {
	list, err := rows(ctx, s, s.db, readMembership, "SELECT * FROM (SELECT "+teamColumns+`, m.role, FALSE AS invited FROM teams t JOIN team_members m ON m.team_id = t.id WHERE m.user_id = ?
		UNION ALL SELECT `+teamColumns+`, i.role, TRUE FROM teams t JOIN team_invites i ON i.team_id = t.id WHERE i.name = ?) AS of_one ORDER BY name, id`, u.ID, u.Name)
	return list, failed("listing somebody's teams", err)
}

// ChangeTeam applies f and writes the team.
func (s *Store) ChangeTeam(ctx context.Context, id string, f func(*account.Team)) (changed account.Team, err error) {
	err = s.withTeam(ctx, id, func(tx *sql.Tx, t account.Team) error {
		f(&t)
		changed = t
		_, err := s.run(ctx, tx, "UPDATE teams SET name = ?, plan = ? WHERE id = ?", t.Name, t.Plan, id)
		return err
	})
	return changed, failed("changing a team", err)
}

// RemoveTeam removes a team, and who is in it from it.
func (s *Store) RemoveTeam(ctx context.Context, id string) error {
	n, err := s.run(ctx, s.db, "DELETE FROM teams WHERE id = ?", id)
	if err == nil && n == 0 {
		err = account.ErrNoTeam
	}
	return failed("removing a team", err)
}

func readMate(row scanner) (account.Mate, error) {
	var m account.Mate
	var since int64
	err := row.Scan(&m.ID, &m.Name, &m.Display, &m.Role, &since, &m.Invited)
	m.Since = moment(since)
	return m, err
}

// Mates are who is in a team, and then who is invited.
func (s *Store) Mates(ctx context.Context, team string) ([]account.Mate, error) {
	list, err := rows(ctx, s, s.db, readMate, `SELECT * FROM (SELECT u.id, u.name AS name, u.display, m.role, m.since, FALSE AS invited FROM team_members m JOIN users u ON u.id = m.user_id WHERE m.team_id = ?
		UNION ALL SELECT '', i.name, '', i.role, i.since, TRUE FROM team_invites i WHERE i.team_id = ?) AS mates ORDER BY invited, name`, team, team)
	return list, failed("listing a team", err)
}

// MateRole is what somebody is in a team.
func (s *Store) MateRole(ctx context.Context, team, user string) (account.TeamRole, error) {
	role, err := s.mateRole(ctx, s.db, team, user)
	return role, failed("looking for somebody in a team", err)
}

func (s *Store) mateRole(ctx context.Context, q queryer, team, user string) (role account.TeamRole, err error) {
	err = s.row(ctx, q, "SELECT role FROM team_members WHERE team_id = ? AND user_id = ?", team, user).Scan(&role)
	if errors.Is(err, sql.ErrNoRows) {
		err = account.ErrNoMate
	}
	return role, err
}

// Invite asks somebody to join a team.
func (s *Store) Invite(ctx context.Context, team, name string, role account.TeamRole, now time.Time) error {
	err := s.withTeam(ctx, team, func(tx *sql.Tx, _ account.Team) error {
		n, err := s.number(ctx, tx, "SELECT (SELECT count(*) FROM team_members WHERE team_id = ?) + (SELECT count(*) FROM team_invites WHERE team_id = ?)", team, team)
		if err != nil {
			return err
		}
		if n >= account.MaxMates {
			return account.ErrTeamFull
		}
		n, err = s.number(ctx, tx, "SELECT count(*) FROM team_members m JOIN users u ON u.id = m.user_id WHERE m.team_id = ? AND u.name = ?", team, name)
		if err != nil {
			return err
		}
		if n > 0 {
			return account.ErrInTeam
		}
		_, err = s.run(ctx, tx, "INSERT INTO team_invites (team_id, name, role, since) VALUES (?, ?, ?, ?)", team, name, string(role), micros(now))
		return err
	})
	if taken(err) {
		err = account.ErrInTeam
	}
	return failed("inviting to a team", err)
}

// Uninvite takes an invitation back.
func (s *Store) Uninvite(ctx context.Context, team, name string) error {
	n, err := s.run(ctx, s.db, "DELETE FROM team_invites WHERE team_id = ? AND name = ?", team, name)
	if err == nil && n == 0 {
		err = account.ErrNoMate
	}
	return failed("taking an invitation back", err)
}

// Join makes of an invitation a membership.
func (s *Store) Join(ctx context.Context, team string, u account.User, now time.Time) error {
	err := s.withTeam(ctx, team, func(tx *sql.Tx, _ account.Team) error {
		if err := s.mayJoin(ctx, tx, u.ID); err != nil {
			return err
		}
		var role account.TeamRole
		err := s.row(ctx, tx, "DELETE FROM team_invites WHERE team_id = ? AND name = ? RETURNING role", team, u.Name).Scan(&role)
		if errors.Is(err, sql.ErrNoRows) {
			return account.ErrNoMate
		}
		if err != nil {
			return err
		}
		return s.addMate(ctx, tx, team, u.ID, role, now)
	})
	switch {
	case errors.Is(err, account.ErrNoTeam):
		err = account.ErrNoMate
	case taken(err):
		err = account.ErrInTeam
	}
	return failed("joining a team", err)
}

// ChangeMate gives a mate another role, or sends them away.
func (s *Store) ChangeMate(ctx context.Context, team, user string, to account.TeamRole, may func(was account.TeamRole) error) error {
	err := s.withTeam(ctx, team, func(tx *sql.Tx, _ account.Team) error {
		was, err := s.mateRole(ctx, tx, team, user)
		if err != nil {
			return err
		}
		if err := may(was); err != nil {
			return err
		}
		if to == "" {
			_, err = s.run(ctx, tx, "DELETE FROM team_members WHERE team_id = ? AND user_id = ?", team, user)
		} else {
			_, err = s.run(ctx, tx, "UPDATE team_members SET role = ? WHERE team_id = ? AND user_id = ?", string(to), team, user)
		}
		if err != nil {
			return err
		}
		n, err := s.number(ctx, tx, "SELECT count(*) FROM team_members WHERE team_id = ? AND role = ?", team, string(account.TeamOwner))
		if err == nil && n == 0 {
			err = account.ErrLastOwner
		}
		return err
	})
	return failed("changing somebody in a team", err)
}

// Share lets a team into a session.
func (s *Store) Share(ctx context.Context, share account.Share) error {
	err := s.withTeam(ctx, share.Team, func(tx *sql.Tx, _ account.Team) error {
		_, err := s.run(ctx, tx, `INSERT INTO team_sessions (session, team_id, role) VALUES (?, ?, ?)
			ON CONFLICT (session) DO UPDATE SET team_id = excluded.team_id, role = excluded.role`, share.Session, share.Team, string(share.Role))
		return err
	})
	return failed("sharing a session", err)
}

// Unshare lets no team into it any more.
func (s *Store) Unshare(ctx context.Context, session string) error {
	_, err := s.run(ctx, s.db, "DELETE FROM team_sessions WHERE session = ?", session)
	return failed("sharing a session no more", err)
}

func readShare(row scanner) (account.Share, error) {
	var share account.Share
	err := row.Scan(&share.Session, &share.Team, &share.Role)
	return share, err
}

// Shared is what a session is shared with.
func (s *Store) Shared(ctx context.Context, session string) (account.Share, bool, error) {
	share, err := readShare(s.row(ctx, s.db, "SELECT session, team_id, role FROM team_sessions WHERE session = ?", session))
	if errors.Is(err, sql.ErrNoRows) {
		return share, false, nil
	}
	return share, err == nil, failed("looking for what a session is shared with", err)
}

// SharedWith is what teams share with somebody.
func (s *Store) SharedWith(ctx context.Context, user string) (map[string]account.Share, error) {
	type shared struct {
		account.Share
		role account.TeamRole
	}
	list, err := rows(ctx, s, s.db, func(row scanner) (shared, error) {
		var one shared
		err := row.Scan(&one.Session, &one.Team, &one.Role, &one.role)
		return one, err
	}, "SELECT s.session, s.team_id, s.role, m.role FROM team_sessions s JOIN team_members m ON m.team_id = s.team_id WHERE m.user_id = ?", user)
	out := make(map[string]account.Share, len(list))
	for _, one := range list {
		one.Role = one.As(one.role)
		out[one.Session] = one.Share
	}
	return out, failed("listing what teams share", err)
}
