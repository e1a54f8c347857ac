package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/easel-live/easel/account"
	"github.com/easel-live/easel/internal/postgrestest"
)

// postgres is the tests' server, which the first that needs it starts.
var (
	postgres = sync.OnceValues(func() (*postgrestest.Server, error) {
		s, err := postgrestest.Start()
		running = s
		return s, err
	})
	running *postgrestest.Server
)

func TestMain(m *testing.M) {
	code := m.Run()
	if running != nil {
		if err := running.Close(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	if err := goleak.Find(); code == 0 && err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// each runs a test against every implementation, on an empty store.
func each(t *testing.T, test func(t *testing.T, s *Store)) {
	for name, place := range map[string]func(t *testing.T) string{
		"sqlite": func(t *testing.T) string { return filepath.Join(t.TempDir(), "a?b#c %20.db") },
		"postgres": func(t *testing.T) string {
			server, err := postgres()
			if err != nil {
				t.Fatal(err)
			}
			dsn, err := server.Database()
			if err != nil {
				t.Fatal(err)
			}
			return dsn
		},
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t, place(t))) })
	}
}

func open(t *testing.T, setting string) *Store {
	t.Helper()
	s, err := Open(t.Context(), setting)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func day(n int) time.Time { return time.Date(2026, 1, n, 12, 0, 0, 0, time.UTC) }

func add(t *testing.T, s *Store, name string, change func(*account.User)) account.User {
	t.Helper()
	u := account.User{ID: "u-" + name, Name: name, Display: "The " + name, Created: day(1)}
	if change != nil {
		change(&u)
	}
	if err := s.AddUser(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	return u
}

func admin(u *account.User) { u.Admin = true }

func TestUsers(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		ann := add(t, s, "ann", admin)
		bob := add(t, s, "bob", func(u *account.User) {
			u.Issuer, u.Subject, u.Email, u.Plan = "https://id.test", "7", "bob@example.com", "basic"
		})
		for _, find := range []func() (account.User, error){
			func() (account.User, error) { return s.User(ctx, bob.ID) },
			func() (account.User, error) { return s.UserNamed(ctx, "bob") },
			func() (account.User, error) { return s.UserAt(ctx, "https://id.test", "7") },
		} {
			if got, err := find(); err != nil || got != bob {
				t.Errorf("%+v %v", got, err)
			}
		}
		if _, err := s.User(ctx, "nobody"); !errors.Is(err, account.ErrNoUser) {
			t.Error(err)
		}
		if err := s.AddUser(ctx, account.User{ID: "x", Name: "ann"}); !errors.Is(err, account.ErrTaken) {
			t.Error(err)
		}
		if err := s.AddUser(ctx, account.User{ID: "x", Name: "x", Issuer: "https://id.test", Subject: "7"}); !errors.Is(err, account.ErrTaken) {
			t.Error(err)
		}
		if list, err := s.Users(ctx, "ann", 5); err != nil || len(list) != 1 || list[0] != bob {
			t.Errorf("%v %v", list, err)
		}
		if n, first, err := s.Admins(ctx); n != 1 || first != ann || err != nil {
			t.Error(n, first, err)
		}
		if _, err := s.ChangeUser(ctx, bob.ID, func(u *account.User) error { u.Name = "ann"; return nil }); !errors.Is(err, account.ErrTaken) {
			t.Error(err)
		}
		if got, err := s.ChangeUser(ctx, bob.ID, func(u *account.User) error { u.Display = "Robert"; return nil }); err != nil || got.Display != "Robert" {
			t.Error(got, err)
		}
		if _, err := s.ChangeUser(ctx, bob.ID, func(*account.User) error { return account.ErrName }); !errors.Is(err, account.ErrName) {
			t.Error(err)
		}
		if err := s.RemoveUser(ctx, bob.ID); err != nil {
			t.Error(err)
		}
		if err := s.RemoveUser(ctx, bob.ID); !errors.Is(err, account.ErrNoUser) {
			t.Error(err)
		}
	})
}

// TestAnAdministratorIsLeft, though two go at once.
func TestAnAdministratorIsLeft(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ids := []string{add(t, s, "ann", admin).ID, add(t, s, "bob", admin).ID}
		errs := make([]error, 2)
		var wg sync.WaitGroup
		for i, id := range ids {
			wg.Go(func() {
				if i == 0 {
					errs[i] = s.RemoveUser(context.Background(), id)
					return
				}
				_, errs[i] = s.ChangeUser(context.Background(), id, func(u *account.User) error { u.Disabled = true; return nil })
			})
		}
		wg.Wait()
		n, _, err := s.Admins(t.Context())
		if n != 1 || err != nil || errors.Is(errs[0], account.ErrLast) == errors.Is(errs[1], account.ErrLast) {
			t.Errorf("%d are left: %v, %v %v", n, errs, err, ids)
		}
	})
}

func TestCredentials(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		ann, bob := add(t, s, "ann", admin), add(t, s, "bob", nil)
		put := func(id, user string, kind account.Kind, made time.Time, most int, refuse bool) error {
			return s.AddCredential(ctx, account.Credential{
				ID: id, Kind: kind, User: user, Hash: "hash of " + id, Name: "laptop",
				Scopes: []account.Scope{account.Read, account.Sessions}, Created: made, Expires: made.Add(24 * time.Hour),
			}, most, refuse)
		}
		for i, id := range []string{"a", "b", "c"} {
			if err := put(id, ann.ID, account.Token, day(1).Add(time.Duration(i)*time.Minute), 2, false); err != nil {
				t.Fatal(err)
			}
		}
		list, err := s.Credentials(ctx, ann.ID, account.Token)
		if err != nil || len(list) != 2 || list[0].ID != "c" || list[1].ID != "b" || len(list[0].Scopes) != 2 {
			t.Errorf("%+v %v", list, err)
		}
		if err := put("d", ann.ID, account.Token, day(1), 2, true); !errors.Is(err, account.ErrTooMany) {
			t.Error(err)
		}
		if err := put("e", "nobody", account.Token, day(1), 2, true); !errors.Is(err, account.ErrNoUser) {
			t.Error(err)
		}
		if c, u, err := s.Bearer(ctx, account.Token, "hash of c", day(1)); err != nil || c.ID != "c" || u.ID != ann.ID {
			t.Error(c, u, err)
		}
		for _, miss := range []struct {
			kind account.Kind
			hash string
			now  time.Time
		}{{account.Login, "hash of c", day(1)}, {account.Token, "hash of x", day(1)}, {account.Token, "hash of c", day(3)}} {
			if _, _, err := s.Bearer(ctx, miss.kind, miss.hash, miss.now); !errors.Is(err, account.ErrNoCredential) {
				t.Errorf("%v: %v", miss, err)
			}
		}
		if err := s.Touch(ctx, "c", day(2)); err != nil {
			t.Error(err)
		}
		if c, _, _ := s.Bearer(ctx, account.Token, "hash of c", day(1)); !c.Used.Equal(day(2)) {
			t.Error(c)
		}
		if err := s.RemoveCredential(ctx, bob.ID, "c"); !errors.Is(err, account.ErrNoCredential) {
			t.Errorf("somebody else's was removed: %v", err)
		}
		if err := s.RemoveCredentials(ctx, ann.ID, "c", account.Token, account.Login); err != nil {
			t.Error(err)
		}
		if list, _ := s.Credentials(ctx, ann.ID, account.Token); len(list) != 1 {
			t.Error(list)
		}
		if _, err := s.ChangeUser(ctx, bob.ID, func(u *account.User) error { u.Admin = true; return nil }); err != nil {
			t.Fatal(err)
		}
		if _, err := s.ChangeUser(ctx, ann.ID, func(u *account.User) error { u.Disabled = true; return nil }); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.Bearer(ctx, account.Token, "hash of c", day(1)); !errors.Is(err, account.ErrNoCredential) {
			t.Errorf("who is disabled came in: %v", err)
		}
		if err := s.Sweep(ctx, day(9)); err != nil {
			t.Error(err)
		}
		if list, _ := s.Credentials(ctx, ann.ID, account.Token); len(list) != 0 {
			t.Error(list)
		}
	})
}

// TestALinkWorksOnce, though twenty use it at once.
func TestALinkWorksOnce(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ann := add(t, s, "ann", admin)
		link := account.Credential{ID: "l", Kind: account.Link, User: ann.ID, Hash: "h", Created: day(1), Expires: day(2)}
		if err := s.AddCredential(t.Context(), link, 5, false); err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		in := 0
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				_, _, err := s.Redeem(context.Background(), account.Link, "h", day(1))
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					in++
				} else if !errors.Is(err, account.ErrNoCredential) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if in != 1 {
			t.Errorf("%d came in", in)
		}
	})
}

func TestJournal(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		for i := range 5 {
			if err := s.Note(ctx, account.Event{At: day(i + 1), Actor: "u-ann", Name: "ann", Action: fmt.Sprint("did.", i), Target: "t", Address: "::1", Detail: "how; why?"}); err != nil {
				t.Fatal(err)
			}
		}
		page, err := s.Events(ctx, 0, 2)
		if err != nil || len(page) != 2 || page[0].Action != "did.4" || page[1].Detail != "how; why?" || !page[0].At.Equal(day(5)) {
			t.Fatalf("%+v %v", page, err)
		}
		if page, err = s.Events(ctx, page[1].ID, 10); err != nil || len(page) != 3 || page[0].Action != "did.2" {
			t.Errorf("%+v %v", page, err)
		}
		if err := s.Forget(ctx, day(4)); err != nil {
			t.Error(err)
		}
		if page, _ = s.Events(ctx, 0, 10); len(page) != 2 {
			t.Errorf("%+v", page)
		}
	})
}

// TestAStoreOutlivesItsServer, and a newer schema is left alone.
func TestAStoreOutlivesItsServer(t *testing.T) {
	path := filepath.Join(t.TempDir(), "accounts.db")
	s := open(t, path)
	add(t, s, "ann", admin)
	again := open(t, path) // beside the first, as another server would
	if _, err := again.UserNamed(t.Context(), "ann"); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	if _, err := s.db.Exec("INSERT INTO schema_steps VALUES (1000, 'from the future')"); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), path); err == nil || !strings.Contains(err.Error(), "newer") {
		t.Errorf("a newer schema: %v", err)
	}
	if _, err := Open(t.Context(), filepath.Join(t.TempDir(), "none", "x.db")); err == nil {
		t.Error("opened what cannot be")
	}
	if _, err := Open(t.Context(), "postgres://%zz"); err == nil {
		t.Error("opened what cannot be")
	}
}

// TestManyServersMakeTheSchemaOnce, all starting at once.
func TestManyServersMakeTheSchemaOnce(t *testing.T) {
	server, err := postgres()
	if err != nil {
		t.Fatal(err)
	}
	dsn, err := server.Database()
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			s, err := Open(context.Background(), dsn)
			if err != nil {
				t.Error(err)
				return
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

var _ account.Store = (*Store)(nil)
