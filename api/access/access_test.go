package access

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func day(n int) time.Time { return time.Date(2026, 1, n, 12, 0, 0, 0, time.UTC) }

func open(t *testing.T, path string) *Store {
	t.Helper()
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestStoreOutlivesTheServer(t *testing.T) {
	path := filepath.Join(t.TempDir(), "access.json")
	s := open(t, path)
	if s.HasPassword() {
		t.Error("a new store has a password")
	}
	if ok, _ := s.CheckPassword(""); ok {
		t.Error("a store without a password lets in")
	}
	password := NewPassword()
	if err := s.SetPassword(password); err != nil {
		t.Fatal(err)
	}
	login, err := s.NewLogin(day(1))
	if err != nil {
		t.Fatal(err)
	}
	link, err := s.NewLink(day(1), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{password, login, link} {
		if strings.Contains(string(content), secret) {
			t.Errorf("the file holds a secret: %s", content)
		}
	}

	s = open(t, path)
	if ok, err := s.CheckPassword(password); !ok || err != nil {
		t.Errorf("password refused: %v", err)
	}
	if ok, _ := s.CheckPassword(password + "x"); ok {
		t.Error("wrong password accepted")
	}
	if !s.Login(login, day(2)) || s.Login(login+"x", day(2)) || s.Login(login, day(31)) {
		t.Error("logins are not what was given, or don't end")
	}
	if ok, _ := s.RedeemLink(link, day(1)); !ok {
		t.Error("link refused")
	}
	if ok, _ := s.RedeemLink(link, day(1)); ok {
		t.Error("link used twice")
	}
	late, err := s.NewLink(day(1), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if ok, _ := s.RedeemLink(late, day(2)); ok {
		t.Error("link used late")
	}
	if err := s.Logout(login); err != nil || s.Login(login, day(2)) {
		t.Error("logout does nothing", err)
	}
}

func TestNewPasswordEndsLogins(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "access.json"))
	login, err := s.NewLogin(day(1))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SetPassword("x"); err != nil {
		t.Fatal(err)
	}
	if s.Login(login, day(1)) {
		t.Error("a login outlived its password")
	}
}

func TestAFileThatCannotBeWrittenChangesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "gone")
	s := open(t, filepath.Join(dir, "access.json"))
	if _, err := s.NewLogin(day(1)); err == nil {
		t.Fatal("no error")
	}
	if len(s.state.Logins) != 0 {
		t.Error("a login that was not written is good")
	}
}

func TestEntriesAreBounded(t *testing.T) {
	m := make(map[string]time.Time)
	for i := range maxEntries + 5 {
		add(m, randomWord(8), day(1).Add(time.Duration(i)*time.Second), time.Hour)
	}
	if len(m) != maxEntries {
		t.Errorf("%d entries", len(m))
	}
}

func TestLimiter(t *testing.T) {
	l := NewLimiter()
	a, b := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")
	for range guessBurst {
		if _, ok := l.Attempt(a, day(1)); !ok {
			t.Fatal("refused too early")
		}
	}
	if wait, ok := l.Attempt(a, day(1)); ok || wait <= 0 {
		t.Error("not refused")
	}
	if _, ok := l.Attempt(b, day(1)); !ok {
		t.Error("somebody else is refused")
	}
	if _, ok := l.Attempt(a, day(1).Add(guessInterval)); !ok {
		t.Error("refused forever")
	}
	l.Passed(a)
	if _, ok := l.Attempt(a, day(1).Add(guessInterval)); !ok {
		t.Error("refused after the password was known")
	}
	for i := range maxAddresses * 2 {
		l.Attempt(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), day(2).Add(time.Duration(i)*time.Second))
	}
	if len(l.by) > maxAddresses {
		t.Errorf("remembers %d addresses", len(l.by))
	}
	if network(netip.MustParseAddr("2001:db8::1")) != network(netip.MustParseAddr("2001:db8::2")) {
		t.Error("one network counts as two")
	}
}

// FuzzHash: a stored hash that was tampered with is an error, not a panic and
// not hours of work.
func FuzzHash(f *testing.F) {
	for _, seed := range []string{
		"", "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA", "$argon2id$v=19$m=99999999,t=1,p=1$$",
		"$argon2id$v=19$m=8,t=0,p=1$$AAAAAAAAAAAAAAAAAAAAAA", "$$$$$",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, hash string) {
		if ok, err := verifyPassword(hash, "x"); ok && err != nil {
			t.Error("both good and malformed")
		}
	})
}
