package api

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/session"
)

// need is what a caller must be for a route.
type need int

const (
	anyone  need = iota
	admin        // logged in
	member       // any role in the session that the path names
	painter      // who may draw in the session that the path names, now
	manager      // owner of the session that the path names
)

// route is an operation of the API.
type route struct {
	method, path string
	need         need
	serve        func(a *API, w http.ResponseWriter, r *http.Request, c call) error
}

// call is a request that was let in.
type call struct {
	caller
	role    room.Role       // in the session, for routes of one
	session session.Session // for routes of one
}

// routes are what openapi.yaml describes.
func routes() []route {
	const one = "/api/v1/sessions/{id}"
	return []route{
		{"POST", "/api/v1/login", anyone, (*API).login},
		{"POST", "/api/v1/logout", anyone, (*API).logout},
		{"GET", "/api/v1/me", admin, (*API).me},
		{"GET", "/api/v1/openapi.yaml", anyone, (*API).description},
		{"GET", "/api/v1/sessions", admin, (*API).listSessions},
		{"POST", "/api/v1/sessions", admin, (*API).createSession},
		{"GET", one, member, (*API).showSession},
		{"DELETE", one, manager, (*API).endSession},
		{"GET", one + "/events", member, (*API).sessionEvents},
		{"POST", one + "/tokens", member, (*API).createToken},
		{"GET", one + "/people", manager, (*API).listPeople},
		{"PATCH", one + "/people/{person}", manager, (*API).setRole},
		{"DELETE", one + "/people/{person}", manager, (*API).removePerson},
		{"GET", one + "/invites", manager, (*API).listInvites},
		{"POST", one + "/invites", manager, (*API).createInvite},
		{"DELETE", one + "/invites/{invite}", manager, (*API).revokeInvite},
		{"GET", one + "/timeline", manager, (*API).timeline},
		{"GET", one + "/files", painter, (*API).listFiles},
		{"DELETE", one + "/files", painter, (*API).deleteFile},
		{"GET", one + "/files/content", painter, (*API).downloadFile},
		{"GET", one + "/files/preview", painter, (*API).filePreview},
		{"GET", one + "/files/zip", painter, (*API).downloadZip},
		{"POST", one + "/files/folders", painter, (*API).makeFolder},
		{"POST", one + "/files/move", painter, (*API).moveFile},
		{"GET", one + "/files/trash", painter, (*API).listTrash},
		{"DELETE", one + "/files/trash/{item}", painter, (*API).purgeFile},
		{"POST", one + "/files/trash/{item}/restore", painter, (*API).restoreFile},
		{"POST", one + "/files/uploads", painter, (*API).upload},
		{"HEAD", one + "/files/uploads/{upload}", painter, (*API).upload},
		{"PATCH", one + "/files/uploads/{upload}", painter, (*API).upload},
		{"DELETE", one + "/files/uploads/{upload}", painter, (*API).upload},
		{"POST", one + "/join", anyone, (*API).join},
	}
}

// localRoutes exist on the local socket only.
func localRoutes() []route {
	return []route{
		{"POST", "/local/password", admin, (*API).resetPassword},
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
	c := call{caller: a.identify(r)}
	switch rt.need {
	case admin:
		if !c.admin {
			return errLogin
		}
	case member, painter, manager:
		id := r.PathValue("id")
		role, ok := c.roleIn(id)
		if !ok {
			return errLogin
		}
		s, err := a.cfg.Sessions.Find(id)
		if errors.Is(err, session.ErrNotFound) {
			return problemf(http.StatusNotFound, "there is no session %q", id)
		}
		if err != nil {
			return err
		}
		if rt.need == manager && role != room.Owner {
			return problemf(http.StatusForbidden, "only the owner of the session may do this")
		}
		c.role, c.session = role, s
		if rt.need == painter {
			if _, c.role, err = a.standing(c); err != nil {
				return err
			}
			if !c.role.MayControl() {
				return problemf(http.StatusForbidden, "only who may draw can reach the session's files")
			}
		}
	}
	return rt.serve(a, w, r, c)
}
