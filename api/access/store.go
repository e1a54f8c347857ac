package access

import (
	"crypto/sha256"
	"encoding/hex"
	"sync"
	"time"
)

// LoginTTL is how long a login lasts.
const LoginTTL = 30 * 24 * time.Hour

// maxEntries bounds logins and links; the ones that end soonest make room.
const maxEntries = 1000

// Store keeps the owner's password, logins and one-time links in a file. Only
// hashes are kept: who reads the file can't log in with what is in it.
type Store struct {
	path    string
	hashing chan struct{} // bounds the memory that guesses can use

	mu    sync.Mutex
	state stored
}

type stored struct {
	Password string               `json:"password"` // argon2id
	Logins   map[string]time.Time `json:"logins"`   // SHA-256 of the cookie → end
	Links    map[string]time.Time `json:"links"`    // SHA-256 of the link's token → end
}

// Open reads the file at path, or begins an empty store with no password.
func Open(path string) (*Store, error) {
	s := &Store{path: path, hashing: make(chan struct{}, 2)}
	if err := readState(path, &s.state); err != nil {
		return nil, err
	}
	if s.state.Logins == nil {
		s.state.Logins = make(map[string]time.Time)
	}
	if s.state.Links == nil {
		s.state.Links = make(map[string]time.Time)
	}
	return s, nil
}

// HasPassword says whether a password was ever set.
func (s *Store) HasPassword() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.Password != ""
}

// SetPassword replaces the password and ends every login and link.
func (s *Store) SetPassword(password string) error {
	hash := hashPassword(password)
	return s.change(func(st *stored) {
		*st = stored{Password: hash, Logins: make(map[string]time.Time), Links: make(map[string]time.Time)}
	})
}

// CheckPassword says whether this is the owner's password.
func (s *Store) CheckPassword(password string) (bool, error) {
	if len(password) > MaxPasswordBytes {
		return false, nil
	}
	s.mu.Lock()
	hash := s.state.Password
	s.mu.Unlock()
	s.hashing <- struct{}{}
	defer func() { <-s.hashing }()
	return verifyPassword(hash, password)
}

// NewLogin returns the secret of a new login, for a cookie.
func (s *Store) NewLogin(now time.Time) (string, error) {
	secret := randomWord(25)
	return secret, s.change(func(st *stored) { add(st.Logins, secret, now, LoginTTL) })
}

// Login says whether a login's secret is good.
func (s *Store) Login(secret string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return now.Before(s.state.Logins[digest(secret)])
}

// Logout ends a login.
func (s *Store) Logout(secret string) error {
	return s.change(func(st *stored) { delete(st.Logins, digest(secret)) })
}

// NewLink returns the token of a link that logs in once, within ttl.
func (s *Store) NewLink(now time.Time, ttl time.Duration) (string, error) {
	token := randomWord(25)
	return token, s.change(func(st *stored) { add(st.Links, token, now, ttl) })
}

// RedeemLink uses a link up and says whether it was good.
func (s *Store) RedeemLink(token string, now time.Time) (bool, error) {
	var good bool
	err := s.change(func(st *stored) {
		good = now.Before(st.Links[digest(token)])
		delete(st.Links, digest(token))
	})
	return good && err == nil, err
}

// change applies f and writes the file; when that fails, nothing has changed.
func (s *Store) change(f func(*stored)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return changeState(s.path, &s.state, f)
}

func add(to map[string]time.Time, secret string, now time.Time, ttl time.Duration) {
	for k, end := range to {
		if !now.Before(end) {
			delete(to, k)
		}
	}
	for len(to) >= maxEntries {
		var first string
		for k, end := range to {
			if first == "" || end.Before(to[first]) {
				first = k
			}
		}
		delete(to, first)
	}
	to[digest(secret)] = now.Add(ttl).UTC().Truncate(time.Second)
}

func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
