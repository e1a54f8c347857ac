package api

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/easel-live/easel/account"
	"github.com/easel-live/easel/api/signon"
)

// Where signing in by the provider begins, and where browsers come back to; the
// latter is what the provider has to be told.
const (
	signInPath   = "/login/oidc"
	signInReturn = signInPath + "/callback"
)

// flowCookie has an attempt to sign in, for as long as somebody may take at the
// provider.
const (
	flowCookie = "easel_signin"
	flowTTL    = 15 * time.Minute
)

// waysIn says how people log in here.
func (a *API) waysIn(w http.ResponseWriter, r *http.Request, _ call) error {
	ways := map[string]any{"provider": nil}
	if a.cfg.Provider != nil {
		ways["provider"] = map[string]string{"name": a.cfg.Provider.Name(), "url": signInPath}
	}
	return a.reply(w, r, http.StatusOK, ways)
}

// leave sends a browser to the provider.
func (a *API) leave(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if a.cfg.Provider == nil {
		http.NotFound(w, r)
		return
	}
	flow := signon.NewFlow()
	to, err := a.cfg.Provider.Leave(r.Context(), flow, a.origin(r, caller{})+signInReturn)
	if err != nil {
		a.cfg.Log.Error("nobody can sign in", "error", err)
		http.Redirect(w, r, "/login?signin=away", http.StatusSeeOther)
		return
	}
	setCookie(w, r, flowCookie, string(flow)+"."+url.QueryEscape(localPath(r.URL.Query().Get("next"))), signInPath, flowTTL)
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// comeBack lets in who comes back from the provider, or says on the login page
// why not.
func (a *API) comeBack(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if a.cfg.Provider == nil {
		http.NotFound(w, r)
		return
	}
	to, refused := a.signIn(w, r)
	setCookie(w, r, flowCookie, "", signInPath, -1)
	if refused != "" {
		to = "/login?signin=" + refused
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// signIn is where to go on to, or a word for the login page.
func (a *API) signIn(w http.ResponseWriter, r *http.Request) (next, refused string) {
	flow, next, ok := flowOf(r)
	q := r.URL.Query()
	switch {
	case !ok || !flow.Began(q.Get("state")):
		return "", "stale" // or another site's
	case q.Get("error") != "" || q.Get("code") == "":
		a.note(r, caller{}, "login.refused", "", "provider: "+q.Get("error"))
		return "", "refused"
	}
	who, err := a.cfg.Provider.Return(r.Context(), flow, a.origin(r, caller{})+signInReturn, q.Get("code"), a.cfg.Now())
	if err == nil {
		var u account.User
		var made bool
		if u, made, err = a.cfg.Accounts.SignIn(r.Context(), who, a.cfg.Now()); err == nil {
			if made {
				a.note(r, caller{user: u}, "user.created", u.ID, "provider")
			}
			err = a.begin(w, r, u, "provider")
		}
	}
	switch {
	case err == nil:
		return next, ""
	case errors.Is(err, signon.ErrBarred), errors.Is(err, account.ErrWrong):
		a.note(r, caller{}, "login.refused", "", "provider: "+err.Error())
		return "", "barred"
	case errors.Is(err, signon.ErrForged):
		a.note(r, caller{}, "login.refused", "", "provider: "+err.Error())
		return "", "stale"
	}
	a.cfg.Log.Error("somebody could not sign in", "error", err)
	return "", "away"
}

// flowOf is the attempt that this browser began, and where to it was on its way.
func flowOf(r *http.Request) (flow signon.Flow, next string, ok bool) {
	cookie, err := r.Cookie(flowCookie)
	if err != nil {
		return "", "", false
	}
	word, escaped, _ := strings.Cut(cookie.Value, ".")
	next, err = url.QueryUnescape(escaped)
	flow, ok = signon.ParseFlow(word)
	return flow, localPath(next), ok && err == nil
}

// localPath is a path of this server, and the start page for anything else.
func localPath(path string) string {
	u, err := url.Parse(path)
	if err != nil || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\x00\r\n\t") ||
		u.Host != "" || u.Scheme != "" || len(path) > 512 {
		return "/"
	}
	return path
}
