package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"strings"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the schema to where this binary wants it: each step once, in
// order, all of it or nothing. A database of a newer Easel is refused.
func (s *Store) migrate(ctx context.Context) error {
	files, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return err
	}
	return s.within(ctx, func(tx *sql.Tx) error {
		if err := s.lock(ctx, tx, lockSchema); err != nil {
			return err
		}
		if _, err := s.run(ctx, tx, "CREATE TABLE IF NOT EXISTS schema_steps (step BIGINT PRIMARY KEY, name TEXT NOT NULL)"); err != nil {
			return err
		}
		var done int
		if err := s.row(ctx, tx, "SELECT count(*) FROM schema_steps").Scan(&done); err != nil {
			return err
		}
		if done > len(files) {
			return fmt.Errorf("the database has %d steps of schema and this easel knows %d: it was used by a newer one", done, len(files))
		}
		for i, file := range files[done:] {
			if err := s.apply(ctx, tx, done+i+1, file); err != nil {
				return fmt.Errorf("%s: %w", file, err)
			}
		}
		return nil
	})
}

func (s *Store) apply(ctx context.Context, tx *sql.Tx, step int, file string) error {
	text, err := migrations.ReadFile(file)
	if err != nil {
		return err
	}
	for statement := range strings.SplitSeq(strings.ReplaceAll(string(text), "SERIAL_KEY", s.serial), ";") {
		if strings.TrimSpace(statement) == "" {
			continue
		}
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	_, err = s.run(ctx, tx, "INSERT INTO schema_steps (step, name) VALUES (?, ?)", step, file)
	return err
}
