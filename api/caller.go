package api

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/easel-live/easel/account"
	"github.com/easel-live/easel/api/access"
	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/session"
)

const (
	loginCookie = "easel_login"
	guestCookie = "easel_guest"
)

// caller is who sent a request.
type caller struct {
	user   account.User       // the zero value for who has no account or did not log in
	by     account.Credential // what they came by: a login or a token
	local  bool               // on the local socket
	guest  access.Guest       // the zero value for who was not invited
	cookie string             // the guest's secret, as it was shown
}

type localKey struct{}

// withLocal marks a request as one from the local socket.
func withLocal(r *http.Request) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), localKey{}, true))
}

// isLocal says whether a request came by the local socket.
func isLocal(r *http.Request) bool {
	local, _ := r.Context().Value(localKey{}).(bool)
	return local
}

// identify finds out who sent a request. Bad cookies are like none; a bad token
// is an error, for a program that shows one means to be somebody.
func (a *API) identify(r *http.Request) (caller, error) {
	if isLocal(r) {
		// The local socket is the oldest administrator's hand.
		u, err := a.cfg.Accounts.First(r.Context())
		return caller{user: u, local: true, by: account.Credential{Kind: account.Login}}, err
	}
	var c caller
	now := a.cfg.Now()
	if header := r.Header.Get("Authorization"); header != "" {
		err := account.ErrNoCredential
		if word, ok := account.ParseToken(header); ok {
			c.by, c.user, err = a.cfg.Accounts.Bearer(r.Context(), account.Token, word, now)
		}
		if errors.Is(err, account.ErrNoCredential) {
			return caller{}, problemf(http.StatusUnauthorized, "the API token is not valid: it was revoked, has expired, or never was")
		}
		return c, err
	}
	if cookie, err := r.Cookie(loginCookie); err == nil {
		c.by, c.user, err = a.cfg.Accounts.Bearer(r.Context(), account.Login, cookie.Value, now)
		if err != nil && !errors.Is(err, account.ErrNoCredential) {
			return caller{}, err
		}
	}
	if cookie, err := r.Cookie(guestCookie); err == nil {
		c.cookie = cookie.Value
		c.guest, _ = a.cfg.Guests.Known(cookie.Value, now)
	}
	return c, nil
}

// admin says whether the caller may act as an administrator: a token only if
// it was made for that.
func (c caller) admin() bool { return c.user.Admin && c.by.May(account.Admin) }

// roleIn is a caller's role in a session, false for strangers. Who is there by a
// team and by an invitation has the greater role of the two.
func (a *API) roleIn(r *http.Request, c caller, s session.Session) (room.Role, bool, error) {
	if c.admin() || c.user.ID != "" && c.user.ID == s.Owner {
		return room.Owner, true, nil
	}
	var role room.Role
	var in bool
	if s.ID != "" && c.guest.Session == s.ID {
		role, in = c.guest.Role, true
	}
	if s.ID == "" || c.user.ID == "" || role == room.Owner {
		return role, in, nil
	}
	byTeam, ok, err := a.cfg.Teams.RoleIn(r.Context(), s.ID, c.user.ID)
	if ok && (!in || byTeam == room.Editor) {
		role, in = byTeam, true
	}
	return role, in, err
}

// person is who the caller is in rooms.
func (c caller) person() string { return cmp.Or(c.user.ID, c.guest.Person) }

// name is what the caller is called where they don't say.
func (c caller) name() string { return cmp.Or(c.user.Display, "Guest") }

// note writes what a caller did into the journal.
func (a *API) note(r *http.Request, c caller, action, target, detail string) {
	from := "local socket"
	if !c.local {
		from = address(r).String()
	}
	a.cfg.Accounts.Note(r.Context(), account.Event{
		At: a.cfg.Now(), Actor: c.user.ID, Name: c.user.Name, Action: action, Target: target, Address: from, Detail: detail,
	})
}

// setCookie gives the browser a cookie that scripts can't read and other
// sites can't send with unsafe requests. A negative ttl takes it away.
func setCookie(w http.ResponseWriter, r *http.Request, name, value, path string, ttl time.Duration) {
	age := int(ttl.Seconds())
	if ttl < 0 {
		age = -1
	}
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: path, MaxAge: age,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: isTLS(r),
	})
}

// isTLS says whether the browser came by https, to us or to a proxy before us,
// whose word reaches here only when it is trusted.
func isTLS(r *http.Request) bool {
	return r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https"
}

// address is where a request came from.
func address(r *http.Request) netip.Addr {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Addr{}
	}
	return addr
}

// origin is the server's URL as the caller knows it.
func (a *API) origin(r *http.Request, c caller) string {
	switch {
	case c.local:
		return a.cfg.URL
	case isTLS(r):
		return "https://" + r.Host
	default:
		return "http://" + r.Host
	}
}
