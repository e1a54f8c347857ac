package local

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/easel-live/easel/session"
)

// Config is what a Launcher needs from its surroundings.
type Config struct {
	// Data is the data directory, absolute.
	Data string
	// User runs the sessions when the server is root; empty: "easel" if there
	// is such a user, else "nobody".
	User string
	// XServer is the X server's binary; empty: KasmVNC's Xvnc where it is
	// installed, TigerVNC's otherwise.
	XServer string
	// Agent is the path of the agent's binary. GIMP's plug-ins are beside it.
	Agent string
	// URL is where the agent finds the server: ws://host:port.
	URL string
	// Token mints the access token of a room's agent. It must outlive the
	// session: the agent comes back with it after a restart of the server.
	Token func(room string) (string, error)
	// TokenFile names, instead of Token, a file that will have the agent's token
	// and newer ones later: a pod is there before it is known whose it is.
	TokenFile string
	// Workspace is where the files of the only session are, a volume perhaps;
	// empty: each session's are below Data. It must be the user's already.
	Workspace string
	// Width and Height are the display's first size in pixels.
	Width, Height int
	Log           *slog.Logger
}

// Launcher is the session.Launcher of this machine.
type Launcher struct {
	cfg     Config
	user    account
	plugins plugins
}

// New prepares the data directory and checks that the session's user can
// reach it.
func New(cfg Config) (*Launcher, error) {
	user, err := findAccount(cfg.User)
	if err != nil {
		return nil, err
	}
	l := &Launcher{cfg: cfg, user: user, plugins: findPlugins(cfg.Agent, cfg.Log)}
	for _, dir := range []string{cfg.Data, l.sessionsDir(), l.workspacesDir(), filepath.Join(cfg.Data, "bin")} {
		if err := os.MkdirAll(dir, 0o711); err != nil {
			return nil, fmt.Errorf("data directory: %w", err)
		}
	}
	if user.switched {
		if dir := user.blocked(cfg.Data); dir != "" {
			return nil, fmt.Errorf("sessions run as user %q, who may not enter %s: chmod o+x it, or choose another EASEL_DATA", user.name, dir)
		}
		if err := provideSocketDir(); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// Plan names the steps of a local session.
func (l *Launcher) Plan() []session.Step {
	return []session.Step{
		{Name: "display", Title: "Starting the display", State: session.Pending},
		{Name: "desktop", Title: "Starting the desktop", State: session.Pending},
		{Name: "gimp", Title: "Starting GIMP", State: session.Pending},
		{Name: session.StreamStep, Title: "Starting the stream", State: session.Pending},
	}
}

// Launch begins a session.
func (l *Launcher) Launch(spec session.Spec, obs session.Observer) session.Run {
	r := newRun(l, record{Spec: spec, Boot: bootID(), Parts: map[string]identity{}}, obs)
	go r.supervise(r.prepare)
	return r
}

// Adopt takes over the sessions whose display still runs, and removes the
// rest.
func (l *Launcher) Adopt(ctx context.Context, found func(session.Spec) session.Observer) (map[string]session.Run, error) {
	ids, err := l.leftovers()
	if err != nil {
		return nil, err
	}
	runs := make(map[string]session.Run)
	for _, id := range ids {
		rec, err := l.readRecord(id)
		if err == nil {
			err = l.adoptable(rec)
		}
		if err != nil {
			l.cfg.Log.Warn("a session of an earlier run can't go on and is removed", "session", id, "error", err)
			if err := l.remove(ctx, id, rec.Display); err != nil {
				return runs, err
			}
			continue
		}
		r := newRun(l, rec, found(rec.Spec))
		runs[id] = r
		go r.supervise(r.adopt)
		l.cfg.Log.Info("session of an earlier run taken over", "session", id)
	}
	return runs, nil
}

// adoptable says why a session can't go on, nil if it can.
func (l *Launcher) adoptable(rec record) error {
	if rec.Boot != bootID() {
		return fmt.Errorf("the machine was restarted since")
	}
	if !rec.Parts[displayPart].alive() {
		return fmt.Errorf("its display is gone")
	}
	x, err := dialDisplay(rec.Display, l.layout(rec.Spec.ID).xauthority)
	if err != nil {
		return err
	}
	x.close()
	return nil
}
