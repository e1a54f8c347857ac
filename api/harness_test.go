package api

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"go.uber.org/goleak"

	"github.com/easel-live/easel/account"
	"github.com/easel-live/easel/account/remotes"
	"github.com/easel-live/easel/account/store"
	"github.com/easel-live/easel/account/vault"
	"github.com/easel-live/easel/api/access"
	"github.com/easel-live/easel/backup"
	"github.com/easel-live/easel/collab"
	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/session"
	"github.com/easel-live/easel/workspace/remote/remotetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const password = "correct horse"

// launcher starts nothing and remembers whom to tell.
type launcher struct {
	mu    sync.Mutex
	obs   map[string]session.Observer
	specs []session.Spec
}

type idle struct{}

func (idle) End(context.Context) error { return nil }

func (l *launcher) Plan() []session.Step {
	return []session.Step{
		{Name: "gimp", Title: "Starting GIMP", State: session.Pending},
		{Name: session.StreamStep, Title: "Starting the stream", State: session.Pending},
	}
}

func (l *launcher) Launch(spec session.Spec, obs session.Observer) session.Run {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.obs[spec.ID] = obs
	l.specs = append(l.specs, spec)
	return idle{}
}

func (l *launcher) Adopt(context.Context, func(session.Spec) session.Observer) (map[string]session.Run, error) {
	return nil, nil
}

// house is an API on a server of its own, each answer of which is checked
// against the description.
type house struct {
	t          testing.TB
	api        *API
	sessions   *session.Service
	launcher   *launcher
	server     *httptest.Server
	doc        routers.Router
	now        time.Time
	guests     *access.Guests
	accounts   *account.Service
	accountant *account.Accountant
	admin      account.User
	expelled   []string
	people     []room.Presence // who is in every room
	tunnels    *remotetest.Tunnels
	remotes    *remotes.Service
	places     []remotes.Place
	dir        string // of the database
}

// noBackups are backups of which none was taken yet.
type noBackups struct{}

func (noBackups) List(context.Context) ([]backup.Snapshot, error) { return nil, nil }

func (noBackups) Restore(_ context.Context, snapshot, _, _ string) (string, error) {
	return "", backup.ErrNotFound
}

func (h *house) People(string) []room.Presence { return h.people }

// SetRole changes the role of who is there.
func (h *house) SetRole(_, person string, role room.Role, _ room.Presence) error {
	for i := range h.people {
		if h.people[i].Person == person {
			h.people[i].Role = role
			return nil
		}
	}
	return collab.ErrAbsent
}

// Expel remembers who was sent away.
func (h *house) Expel(_, person string, _ room.Presence) error {
	h.expelled = append(h.expelled, person)
	before := len(h.people)
	h.people = slices.DeleteFunc(h.people, func(p room.Presence) bool { return p.Person == person })
	if len(h.people) == before {
		return collab.ErrAbsent
	}
	return nil
}

func newHouse(t testing.TB) *house {
	t.Helper()
	h := &house{t: t, dir: t.TempDir(), launcher: &launcher{obs: make(map[string]session.Observer)}, now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	now := func() time.Time { return h.now }
	log := slog.New(slog.DiscardHandler)
	h.sessions = session.NewService(session.Config{
		Launcher: h.launcher, Max: 3, Keep: 5, Now: now, Log: log, Notify: func(string, string, string) {},
	})
	kept, err := store.Open(context.Background(), filepath.Join(h.dir, "accounts.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := kept.Close(); err != nil {
			t.Error(err)
		}
	})
	h.accounts = account.NewService(kept, log)
	h.accountant = account.NewAccountant(kept, account.DefaultPlans())
	h.admin, _, _, err = h.accounts.Begin(context.Background(), h.now)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.accounts.SetPassword(context.Background(), h.admin.ID, password, ""); err != nil {
		t.Fatal(err)
	}
	guests, err := access.OpenGuests(filepath.Join(t.TempDir(), "guests.json"))
	if err != nil {
		t.Fatal(err)
	}
	h.guests = guests
	book := collab.NewBook()
	h.tunnels = remotetest.New(t)
	sealed, err := vault.New(make([]byte, 32), kept)
	if err != nil {
		t.Fatal(err)
	}
	h.remotes = remotes.NewService(remotes.Config{Store: kept, Vault: sealed, Places: func() []remotes.Place { return h.places }, Now: now, Log: log})
	h.api = New(Config{
		Remotes: h.remotes, Backups: noBackups{}, Sessions: h.sessions, Accounts: h.accounts, Accountant: h.accountant, Teams: account.NewTeams(kept), Guests: guests, Rooms: h, Files: h.tunnels.Client(), Now: now, Log: log, Web: site(), URL: "http://local.test",
		Token:  func(g TokenGrant) (string, error) { return "token of " + g.Identity, nil },
		Record: book.Add, Timeline: book.Entries,
	})
	h.server = httptest.NewServer(h.api.Handler())
	t.Cleanup(h.server.Close)
	h.doc = document(t)
	return h
}

func site() fs.FS {
	return fstest.MapFS{
		"index.html":        {Data: []byte("<!doctype html>the app")},
		"favicon.svg":       {Data: []byte("<svg/>")},
		".gitkeep":          {},
		"assets/app-123.js": {Data: []byte("export {}")},
	}
}

func document(t testing.TB) routers.Router {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(openAPI)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(context.Background()); err != nil {
		t.Fatal(err)
	}
	router, err := legacy.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	return router
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) json(t testing.TB) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal(a.body, &v); err != nil {
		t.Fatalf("%v in %q", err, a.body)
	}
	return v
}

// person is somebody with a browser of their own.
type person struct {
	*house
	cookies map[string]*http.Cookie // by path and name
	token   string                  // of the API; empty: none
}

func (h *house) visitor() *person { return &person{house: h, cookies: make(map[string]*http.Cookie)} }

// owner is the administrator, logged in; sessions that tests start are theirs.
func (h *house) owner() *person {
	h.t.Helper()
	return h.login(h.admin)
}

// login is a user who logged in.
func (h *house) login(u account.User) *person {
	h.t.Helper()
	secret, err := h.accounts.LogIn(context.Background(), u.ID, "password", h.now)
	if err != nil {
		h.t.Fatal(err)
	}
	p := h.visitor()
	p.cookies["/ "+loginCookie] = &http.Cookie{Name: loginCookie, Value: secret, Path: "/"}
	return p
}

// user is a new account.
func (h *house) user(name string) account.User {
	h.t.Helper()
	u, _, _, err := h.accounts.Add(context.Background(), account.User{Name: name}, h.now)
	if err != nil {
		h.t.Fatal(err)
	}
	return u
}

// program is who shows an API token of a user's.
func (h *house) program(u account.User, scopes ...account.Scope) *person {
	h.t.Helper()
	_, secret, err := h.accounts.NewToken(context.Background(), u, "a program", scopes, time.Hour, h.now)
	if err != nil {
		h.t.Fatal(err)
	}
	p := h.visitor()
	p.token = secret
	return p
}

// guest is somebody invited to a session.
func (h *house) guest(id, role string) *person {
	h.t.Helper()
	invite := h.owner().do("POST", "/api/v1/sessions/"+id+"/invites", `{"role":"`+role+`"}`).json(h.t)
	p := h.visitor()
	if a := p.do("POST", "/api/v1/sessions/"+id+"/join", `{"invite":"`+invite["token"].(string)+`"}`); a.status != http.StatusOK {
		h.t.Fatalf("join: %d %s", a.status, a.body)
	}
	return p
}

// do sends a request with the person's cookies, keeps those it gets, and
// checks the exchange against the description.
func (p *person) do(method, path, body string, headers ...string) answer {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, p.server.URL+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if p.token != "" {
		req.Header.Set("Authorization", "Bearer "+p.token)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	for _, c := range p.cookies {
		if strings.HasPrefix(path, c.Path) {
			req.AddCookie(c)
		}
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	for _, c := range resp.Cookies() {
		if c.MaxAge < 0 {
			delete(p.cookies, c.Path+" "+c.Name)
		} else {
			p.cookies[c.Path+" "+c.Name] = c
		}
	}
	a := answer{status: resp.StatusCode, header: resp.Header}
	if resp.Header.Get("Content-Type") == "text/event-stream" {
		first := make([]byte, 4096)
		n, err := resp.Body.Read(first)
		if err != nil {
			p.t.Fatal(err)
		}
		a.body = first[:n]
	} else if a.body, err = io.ReadAll(resp.Body); err != nil {
		p.t.Fatal(err)
	}
	p.compare(req, body, a)
	return a
}

// compare checks an exchange against the description. Only what the
// description allows to be sent is expected to be accepted.
func (p *person) compare(req *http.Request, body string, a answer) {
	p.t.Helper()
	route, params, err := p.doc.FindRoute(req)
	if err != nil {
		return // not of the API, or refused
	}
	req.Body = io.NopCloser(strings.NewReader(body))
	in := &openapi3filter.RequestValidationInput{
		Request: req, PathParams: params, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true},
	}
	if err := openapi3filter.ValidateRequest(context.Background(), in); err != nil && a.status < 400 {
		p.t.Errorf("%s %s was accepted against the description: %v", req.Method, req.URL.Path, err)
	}
	if ct := a.header.Get("Content-Type"); ct == "application/yaml" || ct == "text/event-stream" || ct == "application/jsonl" || strings.HasPrefix(ct, "text/csv") {
		return
	}
	out := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: a.status, Header: a.header, Body: io.NopCloser(bytes.NewReader(a.body)),
	}
	if err := openapi3filter.ValidateResponse(context.Background(), out); err != nil {
		p.t.Errorf("%s %s answers against the description: %v", req.Method, req.URL.Path, err)
	}
}

// session starts one of the administrator's.
func (h *house) session() string { return h.sessionOf(h.admin) }

// sessionOf starts one of somebody's.
func (h *house) sessionOf(u account.User) string {
	h.t.Helper()
	s, err := h.sessions.Create(session.Wish{ID: session.NewID(), Name: "A drawing", Owner: u.ID})
	if err != nil {
		h.t.Fatal(err)
	}
	return s.ID
}
