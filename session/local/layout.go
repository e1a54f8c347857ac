package local

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// maxSocketPath is what fits into sockaddr_un with its final zero, see unix(7).
const maxSocketPath = 107

// layout names the files of a session.
type layout struct {
	dir        string // the server's own
	xauthority string
	log        string
	profile    string // GIMP2_DIRECTORY
	cache      string // XDG_CACHE_HOME
	config     string // XDG_CONFIG_HOME
	data       string // XDG_DATA_HOME
	run        string // XDG_RUNTIME_DIR, sockets
	bus        string
	rfb        string
	tools      string // where GIMP's plug-in for tools listens
	images     string // where the one for images does
	workspace  string
	given      bool // the workspace is not ours to make or remove
}

func (l *Launcher) sessionsDir() string   { return filepath.Join(l.cfg.Data, "sessions") }
func (l *Launcher) workspacesDir() string { return filepath.Join(l.cfg.Data, "workspaces") }
func (l *Launcher) recordPath(id string) string {
	return filepath.Join(l.sessionsDir(), id+".json")
}

func (l *Launcher) layout(id string) layout {
	dir := filepath.Join(l.sessionsDir(), id)
	f := layout{
		dir:        dir,
		xauthority: filepath.Join(dir, "Xauthority"),
		log:        filepath.Join(dir, "log"),
		profile:    filepath.Join(dir, "profile"),
		cache:      filepath.Join(dir, "cache"),
		config:     filepath.Join(dir, "config"),
		data:       filepath.Join(dir, "data"),
		run:        filepath.Join(dir, "run"),
		bus:        filepath.Join(dir, "run", "bus"),
		rfb:        filepath.Join(dir, "run", "rfb"),
		tools:      filepath.Join(dir, "run", "tools"),
		images:     filepath.Join(dir, "run", "images"),
		workspace:  filepath.Join(l.workspacesDir(), id),
	}
	if l.cfg.Workspace != "" {
		f.workspace, f.given = l.cfg.Workspace, true
	}
	return f
}

// create makes a session's directories and files. What belongs to the
// session's user is handed over last: from then on the server writes nothing
// there, where a symbolic link could lead it astray.
func (f layout) create(a account, plugins []string) error {
	if longest := f.images; len(longest) > maxSocketPath {
		return fmt.Errorf("the data directory's path is too long for sockets: %s has %d bytes, at most %d", longest, len(longest), maxSocketPath)
	}
	if err := os.MkdirAll(f.log, 0o711); err != nil {
		return err
	}
	if err := writeXauthority(f.xauthority); err != nil {
		return err
	}
	theirs := []string{f.profile, f.cache, f.config, f.data, f.run}
	if !f.given {
		theirs = append(theirs, f.workspace)
	}
	for _, dir := range theirs {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	if err := seed(f, plugins); err != nil {
		return err
	}
	owned := []string{f.xauthority}
	for _, dir := range theirs {
		if err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
			owned = append(owned, path)
			return err
		}); err != nil {
			return err
		}
	}
	slices.Reverse(owned)
	for _, path := range owned {
		if err := a.own(path); err != nil {
			return err
		}
	}
	return nil
}

// delete removes what a session leaves but its record and its people's files;
// an empty workspace goes too.
func (f layout) delete() error {
	if err := os.RemoveAll(f.dir); err != nil {
		return err
	}
	if f.given {
		return nil
	}
	// A folder that was only ever held has its lease, and nothing that people miss.
	own := filepath.Join(f.workspace, ".easel")
	if only(f.workspace, ".easel") && only(own, "lease") {
		if err := errors.Join(os.Remove(filepath.Join(own, "lease")), os.Remove(own)); err != nil {
			return err
		}
	}
	if only(f.workspace) {
		return os.Remove(f.workspace)
	}
	return nil
}

// only says whether a folder, and no link to one, has these names and no others.
func only(dir string, names ...string) bool {
	if info, err := os.Lstat(dir); err != nil || !info.IsDir() {
		return false
	}
	files, err := os.ReadDir(dir)
	return err == nil && slices.EqualFunc(files, names, func(f os.DirEntry, name string) bool { return f.Name() == name })
}

// leftovers returns the IDs of sessions that have a record or a directory.
func (l *Launcher) leftovers() ([]string, error) {
	entries, err := os.ReadDir(l.sessionsDir())
	if err != nil {
		return nil, fmt.Errorf("looking for sessions: %w", err)
	}
	var ids []string
	for _, e := range entries {
		id, isRecord := strings.CutSuffix(e.Name(), ".json")
		if !isRecord && !e.IsDir() {
			continue // a record half written when the server died
		}
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// provideAgent returns a path of the agent that the session's user can
// execute: the configured one, or a copy in the data directory.
func (l *Launcher) provideAgent() (string, error) {
	source := l.cfg.Agent
	if _, err := os.Stat(source); errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("the agent is missing: %s; make build, or set EASEL_AGENT", source)
	}
	if !l.user.switched || l.user.blocked(filepath.Dir(source)) == "" {
		return source, nil
	}
	code, err := os.ReadFile(source)
	if err != nil {
		return "", fmt.Errorf("the agent: %w", err)
	}
	path := filepath.Join(l.cfg.Data, "bin", "easel-agent")
	if err := replaceFile(path, code, 0o755); err != nil {
		return "", fmt.Errorf("copying the agent to where user %q can run it: %w", l.user.name, err)
	}
	return path, nil
}
