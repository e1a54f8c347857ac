package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"
)

// Store is a database of accounts.
type Store struct {
	db *sql.DB
	dialect
}

// Open opens the database that a setting names: a postgres:// URL, or a file.
func Open(ctx context.Context, setting string) (*Store, error) {
	if strings.HasPrefix(setting, "postgres://") || strings.HasPrefix(setting, "postgresql://") {
		return openPostgres(ctx, setting)
	}
	return openSQLite(ctx, setting)
}

// openSQLite opens a file, making a private one if there is none.
func openSQLite(ctx context.Context, path string) (*Store, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("accounts: %w", err)
	}
	if err := f.Close(); err != nil {
		return nil, fmt.Errorf("accounts: %w", err)
	}
	at := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: url.Values{
		"_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "foreign_keys(1)", "synchronous(FULL)"},
		// A transaction that began by reading can't always write: begin by writing.
		"_txlock": {"immediate"},
	}.Encode()}
	db, err := sql.Open("sqlite", at.String())
	if err != nil {
		return nil, fmt.Errorf("accounts: %w", err)
	}
	db.SetMaxOpenConns(4) // one writes at a time; more would only wait
	return prepare(ctx, &Store{db, sqliteDialect})
}

// openPostgres opens a database by its URL.
func openPostgres(ctx context.Context, dsn string) (*Store, error) {
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		return nil, fmt.Errorf("accounts: %w", err)
	}
	db.SetMaxOpenConns(16)
	db.SetConnMaxIdleTime(time.Minute)
	return prepare(ctx, &Store{db, postgresDialect})
}

func prepare(ctx context.Context, s *Store) (*Store, error) {
	if err := s.migrate(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("accounts: %w", err), s.db.Close())
	}
	return s, nil
}

// Close closes the database.
func (s *Store) Close() error { return s.db.Close() }

// queryer is a database or a transaction.
type queryer interface {
	ExecContext(ctx context.Context, statement string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, statement string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, statement string, args ...any) *sql.Row
}

// run changes rows and says how many.
func (s *Store) run(ctx context.Context, q queryer, statement string, args ...any) (int64, error) {
	r, err := q.ExecContext(ctx, s.bind(statement), args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// row reads one.
func (s *Store) row(ctx context.Context, q queryer, statement string, args ...any) *sql.Row {
	return q.QueryRowContext(ctx, s.bind(statement), args...)
}

// scanner is a row to be read.
type scanner interface{ Scan(into ...any) error }

// rows reads several.
func rows[T any](ctx context.Context, s *Store, q queryer, read func(scanner) (T, error), statement string, args ...any) ([]T, error) {
	found, err := q.QueryContext(ctx, s.bind(statement), args...)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	list := []T{}
	for found.Next() {
		one, err := read(found)
		if err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	return list, found.Err()
}

// within runs f in a transaction, which stands only if f succeeds.
func (s *Store) within(ctx context.Context, f func(tx *sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// lock keeps other transactions with the same name waiting until this one ends.
func (s *Store) lock(ctx context.Context, tx *sql.Tx, name int64) error {
	if s.alone == "" {
		return nil
	}
	_, err := s.run(ctx, tx, s.alone, name)
	return err
}

func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func moment(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}
