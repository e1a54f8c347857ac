package api

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/easel-live/easel/api/access"
	"github.com/easel-live/easel/internal/room"
)

const (
	loginCookie = "easel_login"
	guestCookie = "easel_guest"
)

// caller is who sent a request.
type caller struct {
	admin  bool // logged in, or on the local socket
	local  bool
	login  string       // the login's secret; empty without a login
	guest  access.Guest // the zero value for who was not invited
	cookie string       // the guest's secret, as it was shown
}

type localKey struct{}

// withLocal marks a request as one from the local socket.
func withLocal(r *http.Request) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), localKey{}, true))
}

// identify finds out who sent a request. Bad cookies are like none.
func (a *API) identify(r *http.Request) caller {
	if local, _ := r.Context().Value(localKey{}).(bool); local {
		return caller{admin: true, local: true}
	}
	var c caller
	now := a.cfg.Now()
	if cookie, err := r.Cookie(loginCookie); err == nil && a.cfg.Store.Login(cookie.Value, now) {
		c.admin, c.login = true, cookie.Value
	}
	if cookie, err := r.Cookie(guestCookie); err == nil {
		c.cookie = cookie.Value
		c.guest, _ = a.cfg.Guests.Known(cookie.Value, now)
	}
	return c
}

// roleIn is the caller's role in a session, false for strangers.
func (c caller) roleIn(id string) (room.Role, bool) {
	switch {
	case c.admin:
		return room.Owner, true
	case id != "" && c.guest.Session == id:
		return c.guest.Role, true
	default:
		return "", false
	}
}

// setCookie gives the browser a cookie that scripts can't read and other
// sites can't send with unsafe requests. A negative ttl takes it away.
func setCookie(w http.ResponseWriter, r *http.Request, name, value, path string, ttl time.Duration) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: path, MaxAge: int(ttl.Seconds()),
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
