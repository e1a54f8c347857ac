package store

import (
	"context"
	"database/sql"
	"errors"
	"math"
	"time"

	"github.com/easel-live/easel/account"
)

const runColumns = "r.id, r.session, r.name, r.user_id, r.plan, coalesce(r.key, ''), r.wish, r.created, r.mark, r.used, r.beat, r.ended, r.payer, r.ready, r.failure"

func readRun(row scanner) (account.Run, error) {
	var r account.Run
	var created, mark, used, beat, ended, ready int64
	err := row.Scan(&r.ID, &r.Session, &r.Name, &r.User, &r.Plan, &r.Key, &r.Wish, &created, &mark, &used, &beat, &ended, &r.Payer, &ready, &r.Failure)
	if errors.Is(err, sql.ErrNoRows) {
		return r, account.ErrNoRun
	}
	r.Created, r.Mark, r.Beat, r.Ended, r.Ready = moment(created), moment(mark), moment(beat), moment(ended), moment(ready)
	r.Used = time.Duration(used) * time.Microsecond
	return r, err
}

// Reserve writes a run down, if its user may have one more.
func (s *Store) Reserve(ctx context.Context, r account.Run, keys time.Time, admit func(account.Holding) error) (account.Run, error) {
	err := s.within(ctx, func(tx *sql.Tx) error {
		// The payer's row makes those wait who reserve for the same plan, and the
		// user's those who use the same key. Teams come before users, as where
		// somebody joins one.
		if r.Payer != r.User {
			if _, err := readTeam(s.row(ctx, tx, "SELECT "+teamColumns+" FROM teams t WHERE id = ?"+s.forUpdate, r.Payer)); err != nil {
				return err
			}
		}
		if _, err := readUser(s.row(ctx, tx, "SELECT "+userColumns+" FROM users WHERE id = ?"+s.forUpdate, r.User)); err != nil {
			return err
		}
		if r.Key != "" {
			if _, err := s.run(ctx, tx, "UPDATE runs SET key = NULL WHERE user_id = ? AND created < ? AND key IS NOT NULL", r.User, micros(keys)); err != nil {
				return err
			}
			before, err := readRun(s.row(ctx, tx, "SELECT "+runColumns+" FROM runs r WHERE user_id = ? AND key = ?", r.User, r.Key))
			switch {
			case err == nil && before.Wish == r.Wish:
				r = before
				return account.ErrRepeated
			case err == nil:
				return account.ErrKey
			case !errors.Is(err, account.ErrNoRun):
				return err
			}
		}
		held, err := s.holds(ctx, tx, r.Payer, r.Created)
		if err != nil {
			return err
		}
		if err := admit(held); err != nil {
			return err
		}
		return s.row(ctx, tx, "INSERT INTO runs (session, name, user_id, payer, plan, key, wish, created, mark, used, beat, ended) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 0, ?, 0) RETURNING id",
			r.Session, r.Name, r.User, r.Payer, r.Plan, null(r.Key), r.Wish, micros(r.Created), micros(r.Beat)).Scan(&r.ID)
	})
	if refused := (*account.Refusal)(nil); errors.As(err, &refused) {
		return r, refused // in its own words
	}
	return r, failed("reserving a session", err)
}

// Cancel takes a reservation back.
func (s *Store) Cancel(ctx context.Context, id int64) error {
	_, err := s.run(ctx, s.db, "DELETE FROM runs WHERE id = ? AND used = 0", id)
	return failed("taking a reservation back", err)
}

const latestOf = "SELECT " + runColumns + " FROM runs r WHERE session = ? ORDER BY id DESC LIMIT 1"

// Beat notes that a session runs, and counts. A run that counted as stale while
// its server was only slow runs again.
func (s *Store) Beat(ctx context.Context, session string, ready bool, now time.Time) (r account.Run, used time.Duration, err error) {
	err = s.within(ctx, func(tx *sql.Tx) error {
		if r, err = readRun(s.row(ctx, tx, latestOf+s.forUpdate, session)); err != nil {
			return err
		}
		r.Ended = time.Time{}
		if err := s.count(ctx, tx, &r, ready, now); err != nil {
			return err
		}
		held, err := s.holds(ctx, tx, r.Payer, now)
		used = held.Used
		return err
	})
	return r, used, failed("metering a session", err)
}

// count moves a run's mark and writes down what that counts.
func (s *Store) count(ctx context.Context, tx *sql.Tx, r *account.Run, ready bool, now time.Time) error {
	if ready {
		if r.Ready.IsZero() {
			r.Ready = now
		}
		var spans []account.Span
		spans, r.Mark = account.Advance(r.Mark, now)
		for _, span := range spans {
			r.Used += span.Long
			if _, err := s.run(ctx, tx, `INSERT INTO uses (day, run_id, user_id, payer, used) VALUES (?, ?, ?, ?, ?)
				ON CONFLICT (day, run_id) DO UPDATE SET used = uses.used + excluded.used`,
				int64(span.Day), r.ID, r.User, r.Payer, span.Long.Microseconds()); err != nil {
				return err
			}
		}
	}
	if now.After(r.Beat) {
		r.Beat = now
	}
	_, err := s.run(ctx, tx, "UPDATE runs SET mark = ?, used = ?, beat = ?, ended = ?, ready = ?, failure = ? WHERE id = ?",
		micros(r.Mark), r.Used.Microseconds(), micros(r.Beat), micros(r.Ended), micros(r.Ready), r.Failure, r.ID)
	return err
}

// Finish counts and ends what runs of a session; of one that never was ready, it
// notes why.
func (s *Store) Finish(ctx context.Context, session, failure string, now time.Time) error {
	err := s.within(ctx, func(tx *sql.Tx) error {
		r, err := readRun(s.row(ctx, tx, latestOf+s.forUpdate, session))
		if errors.Is(err, account.ErrNoRun) || err == nil && !r.Ended.IsZero() {
			return nil
		}
		if err != nil {
			return err
		}
		r.Ended = now
		if r.Ready.IsZero() {
			r.Failure = failure
		}
		return s.count(ctx, tx, &r, !r.Mark.IsZero(), now)
	})
	return failed("ending a run", err)
}

// FinishStale ends the runs with no sign of life, as of their last.
func (s *Store) FinishStale(ctx context.Context, since time.Time) (int, error) {
	n, err := s.run(ctx, s.db, "UPDATE runs SET ended = beat WHERE ended = 0 AND beat < ?", micros(since))
	return int(n), failed("ending stale runs", err)
}

// Launches are the runs that began since, latest first.
func (s *Store) Launches(ctx context.Context, since time.Time, limit int) ([]account.Run, error) {
	list, err := rows(ctx, s, s.db, readRun, "SELECT "+runColumns+" FROM runs r WHERE created >= ? ORDER BY id DESC LIMIT ?", micros(since), limit)
	return list, failed("listing launches", err)
}

// Past are the latest runs of a user's sessions that are over.
func (s *Store) Past(ctx context.Context, user string, before int64, limit int) ([]account.Run, error) {
	if before == 0 {
		before = math.MaxInt64
	}
	list, err := rows(ctx, s, s.db, readRun, "SELECT "+runColumns+` FROM runs r WHERE user_id = ? AND id < ? AND ended <> 0 AND used > 0
		AND NOT EXISTS (SELECT 1 FROM runs later WHERE later.session = r.session AND later.id > r.id AND (later.used > 0 OR later.ended = 0))
		ORDER BY id DESC LIMIT ?`, user, before, limit)
	return list, failed("listing past sessions", err)
}

// Last is a session's latest run.
func (s *Store) Last(ctx context.Context, session string) (account.Run, error) {
	r, err := readRun(s.row(ctx, s.db, latestOf, session))
	return r, failed("looking for a run", err)
}

// Holds is what a payer holds.
func (s *Store) Holds(ctx context.Context, payer string, now time.Time) (account.Holding, error) {
	h, err := s.holds(ctx, s.db, payer, now)
	return h, failed("adding up usage", err)
}

func (s *Store) holds(ctx context.Context, q queryer, payer string, now time.Time) (account.Holding, error) {
	var h account.Holding
	if err := s.row(ctx, q, "SELECT count(*) FROM runs WHERE payer = ? AND ended = 0", payer).Scan(&h.Sessions); err != nil {
		return h, err
	}
	from, to := account.Month(now)
	var used int64
	err := s.row(ctx, q, "SELECT CAST(coalesce(sum(used), 0) AS BIGINT) FROM uses WHERE payer = ? AND day >= ? AND day < ?", payer, int64(from), int64(to)).Scan(&used)
	h.Used = time.Duration(used) * time.Microsecond
	return h, err
}

func readUse(row scanner) (account.Use, error) {
	var u account.Use
	var used int64
	err := row.Scan(&u.Day, &u.Run, &u.Session, &u.Name, &u.User, &u.Login, &u.Plan, &used, &u.Payer)
	u.Long = time.Duration(used) * time.Microsecond
	return u, err
}

// Uses are by day and run.
func (s *Store) Uses(ctx context.Context, payer string, from, to account.Day) ([]account.Use, error) {
	list, err := rows(ctx, s, s.db, readUse, `SELECT d.day, d.run_id, r.session, r.name, d.user_id, coalesce(u.name, ''), r.plan, d.used, d.payer
		FROM uses d JOIN runs r ON r.id = d.run_id LEFT JOIN users u ON u.id = d.user_id
		WHERE (? = '' OR d.payer = ?) AND d.day >= ? AND d.day < ? ORDER BY d.day, d.run_id`, payer, payer, int64(from), int64(to))
	return list, failed("listing usage", err)
}
