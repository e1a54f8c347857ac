package api

import (
	"context"
	"io/fs"
	"log/slog"
	"net/http"
	"time"

	"github.com/tus/tusd/v2/pkg/memorylocker"

	"github.com/easel-live/easel/account"
	"github.com/easel-live/easel/account/remotes"
	"github.com/easel-live/easel/api/access"
	"github.com/easel-live/easel/api/signon"
	"github.com/easel-live/easel/collab"
	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/session"
	"github.com/easel-live/easel/workspace/cloud"
	"github.com/easel-live/easel/workspace/remote"
)

// Config is what an API needs from its surroundings.
type Config struct {
	Sessions *session.Service
	Accounts *account.Service
	// Accountant knows plans and what is used of them.
	Accountant *account.Accountant
	// Provider lets people in besides their passwords; nil: none does.
	Provider *signon.Provider
	Guests   *access.Guests
	Teams    *account.Teams
	// Rooms are the sessions' rooms, where people are.
	Rooms Rooms
	// Files reaches the sessions' files.
	Files *remote.Client
	// Backups are those of workspaces; nil: none are taken.
	Backups Backups
	// Remotes is the storage that people connect to sessions.
	Remotes Remotes
	// Record writes down what happened in a session, Timeline reads it.
	Record   func(session string, e collab.Entry)
	Timeline func(session string) []collab.Entry
	// Token mints an access token that opens a room.
	Token func(TokenGrant) (string, error)
	// Web is the built web app.
	Web fs.FS
	// URL is the server's own, http://host:port, for links that are asked for
	// without one: on the local socket.
	URL string
	Now func() time.Time
	Log *slog.Logger
}

// TokenGrant is what a person's access token is for.
type TokenGrant struct {
	Room, Identity, Name string
	Person               string // the same for all windows of one person
	Role                 room.Role
}

// Rooms is what the API needs of the people in rooms.
type Rooms interface {
	// People are who is in a room, nobody if it is not open.
	People(name string) []room.Presence
	// SetRole gives a person in a room a role, as by decides: an error of collab
	// says why not.
	SetRole(name, person string, role room.Role, by room.Presence) error
	// Expel sends a person away with all their windows, as by decides.
	Expel(name, person string, by room.Presence) error
}

// Remotes keeps people's storage; errors are of package remotes, or what an agent
// refuses.
type Remotes interface {
	Connect(ctx context.Context, p remotes.Place, wish cloud.Remote) (remotes.Remote, error)
	Attach(ctx context.Context, p remotes.Place, id string) (remotes.Remote, error)
	Change(ctx context.Context, p remotes.Place, id string, paused *bool, limit *int) error
	Detach(ctx context.Context, p remotes.Place, id string) error
	Forget(ctx context.Context, owner, id string) error
	Of(ctx context.Context, owner string) ([]remotes.Remote, error)
	In(ctx context.Context, p remotes.Place) ([]remotes.Shown, error)
}

// API answers requests.
type API struct {
	cfg     Config
	guesses *access.Limiter
	callers *access.Pace  // requests of each caller
	places  *access.Pace  // requests from each network, whoever sends them
	events  chan struct{} // one for each open event stream

	uploadLocks *memorylocker.MemoryLocker // one writer for each upload
}

// New makes an API.
func New(cfg Config) *API {
	return &API{cfg: cfg, guesses: access.NewLimiter(), callers: access.NewPace(callerRate, callerBurst), places: access.NewPace(placeRate, placeBurst), events: make(chan struct{}, maxEventStreams), uploadLocks: memorylocker.New()}
}

// Handler answers requests from the network.
func (a *API) Handler() http.Handler {
	mux := http.NewServeMux()
	a.mount(mux, routes())
	mux.HandleFunc("/login", a.serveLogin)
	mux.HandleFunc("GET "+signInPath, a.leave)
	mux.HandleFunc("GET "+signInReturn, a.comeBack)
	mux.HandleFunc("/", a.serveWeb)
	return secured(mux)
}

// LocalHandler answers requests from the local socket, which only the
// server's own user and root can open: the same routes, for the oldest
// administrator.
func (a *API) LocalHandler() http.Handler {
	mux := http.NewServeMux()
	a.mount(mux, routes())
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mux.ServeHTTP(w, withLocal(r))
	})
}
