package api

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/easel-live/easel/account"
	"github.com/easel-live/easel/api/access"
	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/session"
)

// need is what a caller must be for a route.
type need int

const (
	anyone    need = iota
	user           // has an account
	admin          // is an administrator
	member         // any role in the session that the path names
	painter        // who may draw in the session that the path names, now
	manager        // owner of the session that the path names
	mate           // in the team that the path names
	teamAdmin      // owner or admin of it
	teamOwner      // owner of it
)

// route is an operation of the API.
type route struct {
	method, path string
	need         need
	scope        account.Scope // that an API token needs; none: no token will do
	serve        func(a *API, w http.ResponseWriter, r *http.Request, c call) error
}

// call is a request that was let in.
type call struct {
	caller
	role    room.Role          // in the session, for routes of one
	session session.Session    // for routes of one
	team    account.Membership // for routes of one: what the caller is in it
}

// routes are what openapi.yaml describes.
func routes() []route {
	const (
		one  = "/api/v1/sessions/{id}"
		who  = "/api/v1/users/{user}"
		team = "/api/v1/teams/{team}"
	)
	const read, sessions, all = account.Read, account.Sessions, account.Admin
	return []route{
		{"GET", "/api/v1/login", anyone, "", (*API).waysIn},
		{"POST", "/api/v1/login", anyone, "", (*API).login},
		{"POST", "/api/v1/logout", anyone, "", (*API).logout},
		{"GET", "/api/v1/openapi.yaml", anyone, "", (*API).description},

		{"GET", "/api/v1/me", user, read, (*API).me},
		{"PATCH", "/api/v1/me", user, "", (*API).changeMe},
		{"PUT", "/api/v1/me/password", user, "", (*API).changePassword},
		{"GET", "/api/v1/me/tokens", user, read, (*API).listKeys},
		{"POST", "/api/v1/me/tokens", user, "", (*API).createKey},
		{"DELETE", "/api/v1/me/tokens/{token}", user, "", (*API).revokeKey},

		{"GET", "/api/v1/me/usage", user, read, (*API).myUsage},
		{"GET", "/api/v1/me/past", user, read, (*API).past},
		{"GET", "/api/v1/plans", user, read, (*API).listPlans},

		{"GET", "/api/v1/sessions", user, read, (*API).listSessions},
		{"POST", "/api/v1/sessions", user, sessions, (*API).createSession},
		{"GET", "/api/v1/teams", user, read, (*API).listTeams},
		{"POST", "/api/v1/teams", user, "", (*API).createTeam},
		{"GET", team, mate, read, (*API).showTeam},
		{"PATCH", team, teamAdmin, "", (*API).changeTeam},
		{"DELETE", team, teamOwner, "", (*API).removeTeam},
		{"GET", team + "/usage", teamAdmin, read, (*API).teamUsage},
		{"POST", team + "/invites", teamAdmin, "", (*API).inviteMate},
		{"DELETE", team + "/invites/{name}", user, "", (*API).uninviteMate},
		{"POST", team + "/join", user, "", (*API).joinTeam},
		{"PATCH", team + "/members/{user}", teamAdmin, "", (*API).changeMate},
		{"DELETE", team + "/members/{user}", mate, "", (*API).removeMate},

		{"GET", one, member, read, (*API).showSession},
		{"DELETE", one, manager, sessions, (*API).endSession},
		{"GET", one + "/events", member, read, (*API).sessionEvents},
		{"PUT", one + "/team", manager, sessions, (*API).shareSession},
		{"DELETE", one + "/team", manager, sessions, (*API).unshareSession},
		{"POST", one + "/tokens", member, sessions, (*API).createToken},
		{"GET", one + "/people", manager, read, (*API).listPeople},
		{"PATCH", one + "/people/{person}", manager, sessions, (*API).setRole},
		{"DELETE", one + "/people/{person}", manager, sessions, (*API).removePerson},
		{"GET", one + "/invites", manager, read, (*API).listInvites},
		{"POST", one + "/invites", manager, sessions, (*API).createInvite},
		{"DELETE", one + "/invites/{invite}", manager, sessions, (*API).revokeInvite},
		{"GET", one + "/timeline", manager, read, (*API).timeline},
		{"GET", one + "/files", painter, read, (*API).listFiles},
		{"DELETE", one + "/files", painter, sessions, (*API).deleteFile},
		{"GET", one + "/files/content", painter, read, (*API).downloadFile},
		{"GET", one + "/files/preview", painter, read, (*API).filePreview},
		{"GET", one + "/files/zip", painter, read, (*API).downloadZip},
		{"POST", one + "/files/folders", painter, sessions, (*API).makeFolder},
		{"POST", one + "/files/move", painter, sessions, (*API).moveFile},
		{"GET", one + "/files/trash", painter, read, (*API).listTrash},
		{"DELETE", one + "/files/trash/{item}", painter, sessions, (*API).purgeFile},
		{"POST", one + "/files/trash/{item}/restore", painter, sessions, (*API).restoreFile},
		{"GET", one + "/files/images", painter, read, (*API).listImages},
		{"POST", one + "/files/images", painter, sessions, (*API).openImage},
		{"POST", one + "/files/lost/{copy}", painter, sessions, (*API).recoverImage},
		{"DELETE", one + "/files/lost/{copy}", painter, sessions, (*API).discardImage},
		{"POST", one + "/files/uploads", painter, sessions, (*API).upload},
		{"HEAD", one + "/files/uploads/{upload}", painter, read, (*API).upload},
		{"PATCH", one + "/files/uploads/{upload}", painter, sessions, (*API).upload},
		{"DELETE", one + "/files/uploads/{upload}", painter, sessions, (*API).upload},
		{"GET", one + "/backups", manager, read, (*API).listBackups},
		{"POST", one + "/backups/{backup}", manager, sessions, (*API).restoreBackup},
		{"GET", one + "/remotes", painter, read, (*API).listRemotes},
		{"POST", one + "/remotes", manager, sessions, (*API).connectRemote},
		{"GET", one + "/providers", manager, read, (*API).listProviders},
		{"PATCH", one + "/remotes/{remote}", manager, sessions, (*API).changeRemote},
		{"DELETE", one + "/remotes/{remote}", manager, sessions, (*API).disconnectRemote},
		{"POST", one + "/remotes/{remote}/sync", painter, sessions, (*API).syncRemote},
		{"POST", one + "/join", anyone, "", (*API).join},

		{"GET", "/api/v1/users", admin, all, (*API).listUsers},
		{"POST", "/api/v1/users", admin, all, (*API).createUser},
		{"GET", who, admin, all, (*API).showUser},
		{"PATCH", who, admin, all, (*API).changeUser},
		{"DELETE", who, admin, all, (*API).removeUser},
		{"POST", who + "/password", admin, all, (*API).resetPassword},
		{"GET", "/api/v1/usage", admin, all, (*API).usage},
		{"GET", "/api/v1/launches", admin, all, (*API).launches},
		{"GET", "/api/v1/audit", admin, all, (*API).audit},
	}
}

// mount adds routes to a mux, and clear refusals for what they don't cover.
func (a *API) mount(mux *http.ServeMux, table []route) {
	methods := make(map[string][]string)
	for _, rt := range table {
		mux.HandleFunc(rt.method+" "+rt.path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "no-store")
			if err := a.admit(w, r, rt); err != nil {
				a.refuse(w, r, err)
			}
		})
		methods[rt.path] = append(methods[rt.path], rt.method)
	}
	for path, allowed := range methods {
		if slices.Contains(allowed, "GET") {
			allowed = append(allowed, "HEAD")
		}
		allow := strings.Join(allowed, ", ")
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Allow", allow)
			a.refuse(w, r, problemf(http.StatusMethodNotAllowed, "%s is not possible here, only %s", r.Method, allow))
		})
	}
	mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		a.refuse(w, r, problemf(http.StatusNotFound, "there is nothing at %s; the API is described at /api/v1/openapi.yaml", r.URL.Path))
	})
}

// admit lets a caller in who may, and serves.
func (a *API) admit(w http.ResponseWriter, r *http.Request, rt route) error {
	if err := a.paceOf(w, r, a.places, access.Network(address(r)).String()); err != nil {
		return err
	}
	who, err := a.identify(r)
	if err != nil {
		return err
	}
	if person := who.person(); person != "" {
		if err := a.paceOf(w, r, a.callers, person); err != nil {
			return err
		}
	}
	c := call{caller: who}
	if err := a.check(r, rt, &c); err != nil {
		return err
	}
	return rt.serve(a, w, r, c)
}

// check says why a caller may not use a route, and finds the session that it
// names.
func (a *API) check(r *http.Request, rt route, c *call) error {
	if rt.need == anyone {
		return nil
	}
	if c.user.ID != "" && !c.by.May(rt.scope) {
		if rt.scope == "" {
			return problemf(http.StatusForbidden, "no API token may do this: log in")
		}
		return problemf(http.StatusForbidden, "this needs an API token with the scope %q", rt.scope)
	}
	switch rt.need {
	case user, admin:
		if c.user.ID == "" {
			return errLogin
		}
		if rt.need == admin && !c.admin() {
			return problemf(http.StatusForbidden, "only administrators may do this")
		}
		return nil
	case mate, teamAdmin, teamOwner:
		return a.enterTeam(r, rt.need, c)
	}
	return a.enter(r, rt.need, c)
}

// enter finds out what a caller is in a session. That there is one is told to
// those who may know.
func (a *API) enter(r *http.Request, need need, c *call) error {
	id := r.PathValue("id")
	s, err := a.cfg.Sessions.Find(id)
	if err != nil && !errors.Is(err, session.ErrNotFound) {
		return err
	}
	role, ok, failed := a.roleIn(r, c.caller, s)
	if failed != nil {
		return failed
	}
	switch {
	case !ok && c.user.ID == "":
		return errLogin
	case !ok, err != nil:
		return problemf(http.StatusNotFound, "there is no session %q", id)
	case need == manager && role != room.Owner:
		return problemf(http.StatusForbidden, "only the owner of the session may do this")
	}
	c.role, c.session = role, s
	if need != painter {
		return nil
	}
	if _, c.role, err = a.standing(*c); err != nil {
		return err
	}
	if !c.role.MayControl() {
		return problemf(http.StatusForbidden, "only who may draw can reach the session's files")
	}
	return nil
}
