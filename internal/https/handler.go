package https

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// Secure sends who comes in plain from another machine to https. It is for a
// server whose listener is Split.
func Secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
		if r.TLS != nil || local != nil && sameMachine(local, r.RemoteAddr) {
			next.ServeHTTP(w, r)
			return
		}
		Redirect(w, r)
	})
}

// Redirect answers with the same place under https. What was sent in plain is
// sent already; the client is not told to send it again.
func Redirect(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		http.Error(w, "only https is spoken here", http.StatusForbidden)
		return
	}
	to := url.URL{Scheme: "https", Host: r.Host, Path: r.URL.Path, RawQuery: r.URL.RawQuery}
	http.Redirect(w, r, to.String(), http.StatusMovedPermanently)
}

// forwarded are the headers by which proxies tell of a request's origin.
var forwarded = []string{"X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-Ip", "Forwarded"}

// Behind believes what the named proxies say of where a request comes from and
// by which scheme: the rightmost address of X-Forwarded-For that is no proxy's
// becomes the request's. From anybody else those headers are taken away.
func Behind(proxies []netip.Prefix, next http.Handler) http.Handler {
	trusted := func(addr netip.Addr) bool {
		return slices.ContainsFunc(proxies, func(p netip.Prefix) bool { return p.Contains(addr) })
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		peer, err := netip.ParseAddrPort(r.RemoteAddr)
		if err != nil || !trusted(peer.Addr().Unmap()) {
			for _, name := range forwarded {
				r.Header.Del(name)
			}
			next.ServeHTTP(w, r)
			return
		}
		hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		for _, hop := range slices.Backward(hops) {
			addr, err := netip.ParseAddr(strings.TrimSpace(hop))
			if err != nil {
				break
			}
			peer = netip.AddrPortFrom(addr.Unmap(), 0)
			if !trusted(peer.Addr()) {
				break
			}
		}
		r.RemoteAddr = peer.String()
		next.ServeHTTP(w, r)
	})
}

// Origins lets the pages of this host, and of the named origins, use next, and
// whatever is no page; "*" names all. Browsers put the origin into every
// WebSocket's request (RFC 6455 section 10.2), and no page can forge it.
func Origins(allowed []string, next http.Handler) http.Handler {
	all := slices.Contains(allowed, "*")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		origin := r.Header.Get("Origin")
		if origin != "" && !all && !slices.Contains(allowed, origin) {
			from, err := url.Parse(origin)
			if err != nil || !strings.EqualFold(from.Host, r.Host) {
				http.Error(w, "pages of "+origin+" may not join: EASEL_ORIGINS allows them", http.StatusForbidden)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}
