package api

import (
	_ "embed"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

//go:embed openapi.yaml
var openAPI []byte

// description serves the API's own description.
func (a *API) description(w http.ResponseWriter, _ *http.Request, _ call) error {
	w.Header().Set("Content-Type", "application/yaml")
	_, err := w.Write(openAPI)
	return err
}

const notBuilt = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Easel</title>
<h1>The web app is not built</h1>
<p>The server runs, but its binary was built without the web app. Run <code>make build</code> and start it again.</p>
`

// serveWeb serves the web app: its files, and its one page for the paths that
// the page itself routes.
func (a *API) serveWeb(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "only GET is possible here", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
	if isPage(name) {
		a.servePage(w, r)
		return
	}
	info, err := fs.Stat(a.cfg.Web, name)
	if err != nil || info.IsDir() || strings.HasPrefix(path.Base(name), ".") {
		http.NotFound(w, r)
		return
	}
	if strings.HasPrefix(name, "assets/") {
		// The build names these files by their content.
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		w.Header().Set("Cache-Control", "no-cache")
	}
	http.ServeFileFS(w, r, a.cfg.Web, name)
}

// isPage says whether a path is one of the web app's own: the start page,
// login, the account, teams, administration, a session.
func isPage(name string) bool {
	id, isSession := strings.CutPrefix(name, "s/")
	return name == "" || name == "login" || name == "account" || name == "admin" || name == "teams" || isSession && id != "" && !strings.Contains(id, "/")
}

func (a *API) servePage(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	page, err := fs.ReadFile(a.cfg.Web, "index.html")
	if err != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		page = []byte(notBuilt)
	}
	if r.Method != http.MethodHead {
		_, _ = w.Write(page) // the client may be gone
	}
}
