// Package rules holds the house rules that a compiler does not check.
package rules

import (
	"go/build"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/easel-live/easel"

// rule says what the packages below a folder may import of the project, and
// what they never import from outside. A package may always import its own
// subfolders' packages and its own folder's.
type rule struct {
	room  string
	may   []string // rooms of the project
	never []string // modules from outside
	why   string
}

var leaves = []string{"internal/room", "internal/fmtp", "wire"}

// rules, most specific folder first: the first that matches is the one.
var rules = []rule{
	{"internal/room", nil, []string{"github.com/", "google.golang.org/"}, "shared values carry nothing with them"},
	{"internal/fmtp", nil, []string{"github.com/", "google.golang.org/"}, "formats are compared as strings"},
	{"internal/secret", nil, []string{"github.com/"}, "secrets are made and compared without knowing what they open"},
	{"internal/https", nil, []string{"github.com/"}, "certificates and headers come before anything of ours"},
	{"wire", nil, []string{"github.com/", "google.golang.org/"}, "the codec of our messages is a leaf anyone may import"},
	{"collab", leaves, []string{"github.com/pion/", "net/http", "github.com/redis/", "github.com/livekit/"}, "arbitration is a pure state machine"},
	{"sfu", []string{"internal/room", "internal/fmtp"}, []string{"github.com/livekit/", "github.com/redis/", "net/http"}, "the forwarding path knows media, not the signal protocol"},
	{"capture", append([]string{"signaling/client"}, leaves...), []string{"net/http"}, "the agent knows the room only as a client does"},
	{"account/billing", []string{"account"}, []string{"net/http", "github.com/livekit/", "database/sql"}, "what is told of usage is known without how it is kept and sent"},
	{"account/meter", []string{"account", "session"}, []string{"net/http", "github.com/livekit/", "github.com/pion/"}, "metering knows sessions and accounts, not where either are kept"},
	{"account/vault", nil, []string{"github.com/", "net/http", "database/sql"}, "sealing knows keys and bytes"},
	{"account/remotes", []string{"workspace/cloud"}, []string{"github.com/", "net/http", "database/sql"}, "people's storage is kept and handed over, not reached"},
	{"account/store", []string{"account", "account/remotes"}, []string{"net/http", "github.com/livekit/", "github.com/pion/"}, "a store keeps what the domain says and decides nothing"},
	{"account", []string{"internal/room", "internal/secret"}, []string{"github.com/jackc/", "modernc.org/", "database/sql", "net/http"}, "accounts are rules about values; databases and HTTP are behind ports"},
	{"session/kube", []string{"session"}, []string{"github.com/pion/", "github.com/livekit/"}, "pods are one way to run a session"},
	{"session/local", []string{"session"}, []string{"github.com/pion/", "github.com/livekit/", "k8s.io/"}, "processes are another, and know of no cluster"},
	{"session", leaves, []string{"github.com/pion/", "github.com/livekit/", "k8s.io/"}, "a session's lifecycle is independent of what is streamed and of where it runs"},
	{"tunnel", []string{"internal/room"}, []string{"github.com/pion/", "github.com/livekit/"}, "the agent's one way out carries bytes; what they mean is its users' business"},
	{"vitals", nil, []string{"github.com/pion/", "github.com/livekit/", "net/http"}, "what an agent tells of itself is numbers, whatever they count"},
	{"images", []string{"workspace"}, []string{"net/http", "github.com/pion/", "github.com/livekit/"}, "what is open in GIMP is known beside GIMP"},
	{"workspace/cloud", []string{"workspace"}, []string{"github.com/"}, "syncing knows files on both sides, not whose they are"},
	{"workspace/remote", []string{"workspace", "workspace/cloud", "images"}, []string{"github.com/"}, "both ends of the way to a session's files know files, not rooms"},
	{"workspace", nil, []string{"github.com/", "net/http"}, "a folder of files knows nothing of who asks"},
	{"backup", nil, []string{"github.com/", "net/http"}, "a backup knows files and restic, not what they mean"},
	{"turn", nil, []string{"github.com/livekit/", "net/http"}, "a relay knows one peer and no rooms"},
	{"fallback/pipe", nil, []string{"github.com/pion/", "github.com/livekit/"}, "both ends of the way to an X server's RFB know frames, not rooms"},
	{"fallback/rfb", nil, []string{"github.com/", "net"}, "the parser of RFB is a leaf"},
	{"fallback", append([]string{"collab"}, leaves...), []string{"github.com/pion/", "github.com/livekit/"}, "the gateway needs the lease and a way to the X server; media is the other path's"},
	{"signaling/token", leaves, []string{"github.com/pion/"}, "a token is a value"},
	{"signaling/client", append([]string{"signaling/token"}, leaves...), nil, "a client knows nothing of the server's inside"},
	{"signaling", append([]string{"sfu", "collab"}, leaves...), nil, "the edge translates; it does not start sessions or capture"},
	{"api", append([]string{"account", "account/remotes", "account/vault", "backup", "session", "collab", "fallback", "client", "workspace", "workspace/cloud", "workspace/remote", "images", "internal/secret"}, leaves...), []string{"github.com/pion/", "github.com/livekit/"}, "REST names its needs as ports; cmd wires them"},
	{"client", nil, []string{"github.com/"}, "the web app is files"},
	{"bench", append([]string{"signaling/client", "signaling/token"}, leaves...), nil, "the harness measures from outside"},
	{"test", nil, nil, "tests of the whole see what users see"},
	{"cmd", nil, nil, "wiring"},
	{"internal/rules", nil, nil, "rules"},
	{"internal/oidctest", nil, nil, "an OpenID provider for tests, whatever they test"},
	{"internal/postgrestest", nil, nil, "a PostgreSQL for tests, whatever they test"},
	{"internal/rclonetest", nil, nil, "storage for tests, whatever they test"},
	{"internal/xvnctest", nil, nil, "an X server for tests, whatever they test"},
}

func TestImportsPointDown(t *testing.T) {
	for dir, pkg := range packages(t) {
		i := slices.IndexFunc(rules, func(r rule) bool { return within(dir, r.room) })
		if i < 0 {
			t.Errorf("%s: no rule for this room; add one with its reason", dir)
			continue
		}
		r := rules[i]
		if r.room == "cmd" || r.room == "test" {
			continue
		}
		for _, path := range pkg.Imports {
			if inner, ours := strings.CutPrefix(path, module+"/"); ours {
				allowed := within(inner, r.room) || slices.ContainsFunc(r.may, func(m string) bool { return within(inner, m) && ruleOf(inner) == ruleOf(m) })
				if !allowed {
					t.Errorf("%s imports %s: %s", dir, inner, r.why)
				}
				continue
			}
			for _, n := range r.never {
				if strings.HasPrefix(path, n) {
					t.Errorf("%s imports %s: %s", dir, path, r.why)
				}
			}
		}
		if pkg.CgoFiles != nil && !within(dir, "capture/encode") {
			t.Errorf("%s uses cgo: only capture/encode does, so that everything else builds anywhere", dir)
		}
	}
}

// TestPackagesSayWhatTheyAreFor wants a doc comment that names the package.
func TestPackagesSayWhatTheyAreFor(t *testing.T) {
	for dir, pkg := range packages(t) {
		if len(pkg.GoFiles)+len(pkg.CgoFiles) == 0 {
			continue
		}
		want := "Package " + pkg.Name
		if pkg.Name == "main" {
			want = ""
		}
		if pkg.Doc == "" || !strings.HasPrefix(pkg.Doc, want) {
			t.Errorf("%s: the package comment does not say what it is for (%q)", dir, pkg.Doc)
		}
	}
}

func within(dir, room string) bool { return dir == room || strings.HasPrefix(dir, room+"/") }

func ruleOf(dir string) string {
	i := slices.IndexFunc(rules, func(r rule) bool { return within(dir, r.room) })
	if i < 0 {
		return ""
	}
	return rules[i].room
}

// packages reads every package of this module by its folder, without building.
func packages(t *testing.T) map[string]*build.Package {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string]*build.Package)
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if base := d.Name(); path != root && (strings.HasPrefix(base, ".") || base == "node_modules" || base == "testdata" || base == "bin") {
			return filepath.SkipDir
		}
		if nested, _ := filepath.Glob(filepath.Join(path, "go.mod")); path != root && len(nested) > 0 {
			return filepath.SkipDir
		}
		pkg, err := build.Default.ImportDir(path, 0)
		if err != nil {
			if _, none := err.(*build.NoGoError); none {
				return nil
			}
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		found[filepath.ToSlash(rel)] = pkg
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
