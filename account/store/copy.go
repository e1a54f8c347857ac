package store

import (
	"context"
	"errors"
)

// CopyTo writes a copy of the database, as it is at one moment, to a file that is
// not there yet. Only a database that is a file can be copied so.
func (s *Store) CopyTo(ctx context.Context, file string) error {
	if s.numbered {
		return errors.New("copying the accounts: they are in PostgreSQL")
	}
	_, err := s.run(ctx, s.db, "VACUUM INTO ?", file)
	return failed("copying the accounts", err)
}
