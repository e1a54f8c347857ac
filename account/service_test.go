package account_test

import (
	"errors"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/easel-live/easel/account"
	"github.com/easel-live/easel/account/store"
)

func day(n int) time.Time { return time.Date(2026, 1, n, 12, 0, 0, 0, time.UTC) }

func open(t *testing.T) *account.Service {
	t.Helper()
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "accounts.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return account.NewService(s, slog.New(slog.DiscardHandler))
}

func begin(t *testing.T, s *account.Service) (account.User, string) {
	t.Helper()
	u, password, made, err := s.Begin(t.Context(), day(1))
	if err != nil || !made || !u.Admin {
		t.Fatalf("%+v %v %v", u, made, err)
	}
	return u, password
}

func TestTheFirstAccount(t *testing.T) {
	s := open(t)
	ctx := t.Context()
	u, password := begin(t, s)
	if again, _, made, err := s.Begin(ctx, day(2)); made || err != nil || again.ID != u.ID {
		t.Errorf("%+v %v %v", again, made, err)
	}
	if got, err := s.Check(ctx, "admin", password); err != nil || got.ID != u.ID {
		t.Error(got, err)
	}
	for _, try := range [][2]string{{"admin", password + "x"}, {"nobody", password}, {"admin", ""}, {"", ""}, {"a\x00", "x"}, {"\xff", "x"}} {
		if _, err := s.Check(ctx, try[0], try[1]); !errors.Is(err, account.ErrWrong) {
			t.Errorf("%q: %v", try, err)
		}
	}
	if err := s.SetPassword(ctx, u.ID, "short", ""); !errors.Is(err, account.ErrPassword) {
		t.Error(err)
	}
	if err := s.Remove(ctx, u.ID); !errors.Is(err, account.ErrLast) {
		t.Error(err)
	}
}

func TestLoginsAndLinks(t *testing.T) {
	s := open(t)
	ctx := t.Context()
	u, _ := begin(t, s)
	mine, err := s.LogIn(ctx, u.ID, "password", day(1))
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := s.LogIn(ctx, u.ID, "password", day(1))
	if err != nil {
		t.Fatal(err)
	}
	c, who, err := s.Bearer(ctx, account.Login, mine, day(2))
	if err != nil || who.ID != u.ID || c.Name != "password" {
		t.Fatal(c, who, err)
	}
	if _, _, err := s.Bearer(ctx, account.Login, mine, day(40)); !errors.Is(err, account.ErrNoCredential) {
		t.Errorf("after its time: %v", err)
	}
	if _, _, err := s.Bearer(ctx, account.Token, mine, day(2)); !errors.Is(err, account.ErrNoCredential) {
		t.Errorf("a login is no token: %v", err)
	}
	if err := s.SetPassword(ctx, u.ID, "a new password", c.ID); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Bearer(ctx, account.Login, theirs, day(2)); !errors.Is(err, account.ErrNoCredential) {
		t.Errorf("another login outlived its password: %v", err)
	}
	if _, _, err := s.Bearer(ctx, account.Login, mine, day(2)); err != nil {
		t.Errorf("the login that changed the password ended: %v", err)
	}
	link, err := s.NewLink(ctx, u.ID, day(2))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Redeem(ctx, link, day(4)); !errors.Is(err, account.ErrNoCredential) {
		t.Errorf("late: %v", err)
	}
	if who, err := s.Redeem(ctx, link, day(2)); err != nil || who.ID != u.ID {
		t.Error(who, err)
	}
	if _, err := s.Redeem(ctx, link, day(2)); !errors.Is(err, account.ErrNoCredential) {
		t.Errorf("twice: %v", err)
	}
	for range 2 {
		if err := s.LogOut(ctx, c); err != nil {
			t.Error(err)
		}
	}
	if err := s.Tidy(ctx, day(2)); err != nil {
		t.Error(err)
	}
}

func TestWhoIsDisabledIsOut(t *testing.T) {
	s := open(t)
	ctx := t.Context()
	begin(t, s)
	bob, password, link, err := s.Add(ctx, account.User{Name: "bob"}, day(1))
	if err != nil || bob.Display != "bob" {
		t.Fatal(bob, err)
	}
	login, err := s.LogIn(ctx, bob.ID, "password", day(1))
	if err != nil {
		t.Fatal(err)
	}
	_, token, err := s.NewToken(ctx, bob, "ci", []account.Scope{account.Read}, time.Hour, day(1))
	if err != nil {
		t.Fatal(err)
	}
	disable := func(on bool) {
		if _, err := s.Change(ctx, bob.ID, func(u *account.User) { u.Disabled = on }); err != nil {
			t.Fatal(err)
		}
	}
	disable(true)
	if _, err := s.Check(ctx, "bob", password); !errors.Is(err, account.ErrWrong) {
		t.Error(err)
	}
	if _, _, err := s.Bearer(ctx, account.Token, token, day(1)); !errors.Is(err, account.ErrNoCredential) {
		t.Error(err)
	}
	disable(false)
	if _, _, err := s.Bearer(ctx, account.Login, login, day(1)); !errors.Is(err, account.ErrNoCredential) {
		t.Errorf("a login came back: %v", err)
	}
	if _, err := s.Redeem(ctx, link, day(1)); !errors.Is(err, account.ErrNoCredential) {
		t.Errorf("a link came back: %v", err)
	}
	if _, _, err := s.Bearer(ctx, account.Token, token, day(1)); err != nil {
		t.Errorf("a token is good again with its user: %v", err)
	}
}

func TestWhatPeopleAreCalled(t *testing.T) {
	s := open(t)
	begin(t, s)
	for _, bad := range []account.User{
		{}, {Name: "Ann"}, {Name: "-x"}, {Name: "a b"}, {Name: "ann", Display: "a\x00"}, {Name: "ann", Email: "no"},
		{Name: "ann", Email: "a@b@c"}, {Name: "ann", Email: "a b@c"}, {Name: "é"},
	} {
		if _, _, _, err := s.Add(t.Context(), bad, day(1)); err == nil {
			t.Errorf("%+v was made", bad)
		}
	}
	if _, _, _, err := s.Add(t.Context(), account.User{Name: "admin"}, day(1)); !errors.Is(err, account.ErrTaken) {
		t.Error(err)
	}
	if u, _, _, err := s.Add(t.Context(), account.User{Name: "ann@example.com", Email: "ann@example.com", Issuer: "x", Subject: "y"}, day(1)); err != nil || u.Issuer != "" {
		t.Error(u, err)
	}
}

func TestTokens(t *testing.T) {
	s := open(t)
	ctx := t.Context()
	admin, _ := begin(t, s)
	bob, _, _, err := s.Add(ctx, account.User{Name: "bob"}, day(1))
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []struct {
		name   string
		scopes []account.Scope
		ttl    time.Duration
		want   error
	}{
		{"", []account.Scope{account.Read}, time.Hour, account.ErrTokenName},
		{"x", nil, time.Hour, account.ErrScope},
		{"x", []account.Scope{"root"}, time.Hour, account.ErrScope},
		{"x", []account.Scope{account.Admin}, time.Hour, account.ErrScope},
		{"x", []account.Scope{account.Read}, time.Second, account.ErrTokenTTL},
		{"x", []account.Scope{account.Read}, 9000 * time.Hour, account.ErrTokenTTL},
	} {
		if _, _, err := s.NewToken(ctx, bob, bad.name, bad.scopes, bad.ttl, day(1)); !errors.Is(err, bad.want) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	c, word, err := s.NewToken(ctx, admin, "ci", []account.Scope{account.Admin}, time.Hour, day(1))
	if err != nil {
		t.Fatal(err)
	}
	if parsed, ok := account.ParseToken("bearer  " + word); !ok || parsed != word {
		t.Error(parsed, ok)
	}
	if list, err := s.Tokens(ctx, admin.ID); err != nil || len(list) != 1 || list[0].Hash == word {
		t.Error(list, err)
	}
	if err := s.Revoke(ctx, bob.ID, "a\x00"); !errors.Is(err, account.ErrNoCredential) {
		t.Error(err)
	}
	if err := s.Revoke(ctx, bob.ID, c.ID); !errors.Is(err, account.ErrNoCredential) {
		t.Errorf("somebody else's was revoked: %v", err)
	}
	if err := s.Revoke(ctx, admin.ID, c.ID); err != nil {
		t.Error(err)
	}
}

func TestWhatScopesAllow(t *testing.T) {
	for _, row := range []struct {
		has  account.Scope
		need account.Scope
		may  bool
	}{
		{account.Read, account.Read, true}, {account.Read, account.Sessions, false}, {account.Sessions, account.Read, true},
		{account.Sessions, account.Admin, false}, {account.Admin, account.Sessions, true}, {account.Admin, "", false},
	} {
		c := account.Credential{Kind: account.Token, Scopes: []account.Scope{row.has}}
		if c.May(row.need) != row.may {
			t.Errorf("%+v", row)
		}
	}
	if !(account.Credential{Kind: account.Login}).May("") || (account.Credential{}).May(account.Read) {
		t.Error("a login may all, nobody nothing")
	}
}

func FuzzParseToken(f *testing.F) {
	for _, seed := range []string{"", "Bearer", "Bearer easel_", "Bearer easel_abc234", "basic easel_abc", "Bearer easel_ABC", "Bearer  easel_a b", "Bearer easel_\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		word, ok := account.ParseToken(header)
		if ok != (word != "") || len(word) > 128 {
			t.Errorf("%q: %q %v", header, word, ok)
		}
	})
}
