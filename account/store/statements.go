package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/easel-live/easel/account"
)

// State makes the statements that are missing of days. However many servers do,
// the key keeps it at one each.
func (s *Store) State(ctx context.Context, from, to account.Day, now time.Time) (int, error) {
	if _, err := s.run(ctx, s.db, "DELETE FROM statements WHERE delivered <> 0 AND day < ?", int64(from)-int64(to-from)); err != nil {
		return 0, failed("forgetting statements", err)
	}
	n, err := s.run(ctx, s.db, `INSERT INTO statements (day, payer, used, attempts, next, delivered)
		SELECT day, payer, CAST(sum(used) AS BIGINT), 0, CAST(? AS BIGINT), 0 FROM uses WHERE day >= ? AND day < ? GROUP BY day, payer
		ON CONFLICT (day, payer) DO NOTHING`, micros(now), int64(from), int64(to))
	return int(n), failed("making statements", err)
}

func readStatement(row scanner) (account.Statement, error) {
	var st account.Statement
	var used int64
	err := row.Scan(&st.Day, &st.Payer, &used, &st.Attempts)
	st.Long = time.Duration(used) * time.Microsecond
	return st, err
}

// Due begins an attempt at statements that wait for one.
func (s *Store) Due(ctx context.Context, now time.Time, limit int) (due []account.Statement, err error) {
	err = s.within(ctx, func(tx *sql.Tx) error {
		if err := s.lock(ctx, tx, lockStatements); err != nil {
			return err
		}
		due, err = rows(ctx, s, tx, readStatement, "SELECT day, payer, used, attempts FROM statements WHERE delivered = 0 AND next <= ? ORDER BY day, payer LIMIT ?", micros(now), limit)
		if err != nil {
			return err
		}
		for i := range due {
			due[i].Attempts++
			next := now.Add(account.PutOff(due[i].Attempts))
			if _, err := s.run(ctx, tx, "UPDATE statements SET attempts = ?, next = ? WHERE day = ? AND payer = ?", due[i].Attempts, micros(next), int64(due[i].Day), due[i].Payer); err != nil {
				return err
			}
		}
		return nil
	})
	return due, failed("looking for statements to deliver", err)
}

// Delivered notes that a statement arrived.
func (s *Store) Delivered(ctx context.Context, st account.Statement, now time.Time) error {
	_, err := s.run(ctx, s.db, "UPDATE statements SET delivered = ? WHERE day = ? AND payer = ?", micros(now), int64(st.Day), st.Payer)
	return failed("noting a delivery", err)
}
