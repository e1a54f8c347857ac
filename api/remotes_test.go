package api

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/easel-live/easel/account/remotes"
	"github.com/easel-live/easel/internal/rclonetest"
)

// storage has rclone serve an empty folder by WebDAV, and returns both.
func storage(t *testing.T) (url, dir string) {
	t.Helper()
	dir = t.TempDir()
	return "http://" + rclonetest.Serve(t, "webdav", dir), dir
}

func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(3 * time.Minute); !cond(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within three minutes: %s", what)
		}
	}
}

func TestStorageOverREST(t *testing.T) {
	h := newHouse(t)
	id, dir, _ := h.folder()
	url, there := storage(t)
	at := "/api/v1/sessions/" + id + "/remotes"
	p := h.owner()
	wish := func(name, pass string) string {
		return `{"name":"` + name + `","kind":"webdav","parameters":{"url":"` + url + `","vendor":"other","user":"ann","pass":"` + pass + `"}}`
	}
	p.expect(422, "POST", at, wish(".hidden", "x"))
	p.expect(502, "POST", at, wish("Cloud", "guessed"))
	if got := p.expect(200, "GET", at, "").json(t); len(got["remotes"].([]any)) != 0 || len(got["others"].([]any)) != 0 {
		t.Errorf("storage that failed its test is kept: %v", got)
	}
	if err := os.WriteFile(filepath.Join(there, "theirs.png"), []byte("theirs"), 0o600); err != nil {
		t.Fatal(err)
	}
	one := p.expect(201, "POST", at, wish("Cloud", "open sesame")).json(t)["id"].(string)
	p.expect(409, "POST", at, wish("Cloud", "open sesame"))
	arrives := func(dir string) {
		t.Helper()
		eventually(t, "the file comes to "+dir, func() bool {
			got, err := os.ReadFile(filepath.Join(dir, "Cloud", "theirs.png"))
			return err == nil && string(got) == "theirs"
		})
	}
	arrives(dir)
	shown := p.expect(200, "GET", at, "")
	if strings.Contains(string(shown.body), "sesame") || shown.json(t)["mine"] != true {
		t.Errorf("shown: %s", shown.body)
	}
	if got := h.guest(id, "editor").expect(200, "GET", at, "").json(t); got["mine"] != false || len(got["remotes"].([]any)) != 1 {
		t.Errorf("an editor sees %v", got)
	}
	p.expect(204, "PATCH", at+"/"+one, `{"paused":true,"limit":512}`)
	p.expect(422, "PATCH", at+"/"+one, `{"limit":-1}`)
	eventually(t, "it pauses", func() bool {
		one := p.expect(200, "GET", at, "").json(t)["remotes"].([]any)[0].(map[string]any)
		return one["state"] == "paused" && one["limit"] == 512.0
	})

	// Another session of the same person's takes it as it is known, and an agent
	// that was restarted is told again.
	second, other, _ := h.folder()
	more := "/api/v1/sessions/" + second + "/remotes"
	if got := p.expect(200, "GET", more, "").json(t); len(got["others"].([]any)) != 1 {
		t.Errorf("known storage is not offered: %v", got)
	}
	p.expect(201, "POST", more, `{"remote":"`+one+`"}`)
	arrives(other)
	again := h.tunnels.Folder(second, 0)
	looking, stop := context.WithCancel(t.Context())
	h.places = []remotes.Place{{ID: second, Owner: h.admin.ID, Agent: h.tunnels.Client().Of(second)}}
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.remotes.Run(looking)
	}()
	arrives(again)
	stop()
	<-done

	p.expect(204, "DELETE", more+"/"+one, "")
	p.expect(404, "DELETE", more+"/"+one, "")
	p.expect(204, "DELETE", at+"/"+one+"?forget", "")
	if got := p.expect(200, "GET", at, "").json(t); len(got["remotes"].([]any)) != 0 || len(got["others"].([]any)) != 0 {
		t.Errorf("what is forgotten is still known: %v", got)
	}
	if got, err := os.ReadFile(filepath.Join(there, "theirs.png")); err != nil || string(got) != "theirs" {
		t.Errorf("disconnecting harmed the storage: %q, %v", got, err)
	}
}

// TestStorageIsSealed: the database alone opens nobody's storage.
func TestStorageIsSealed(t *testing.T) {
	h := newHouse(t)
	id, _, _ := h.folder()
	url, _ := storage(t)
	h.owner().expect(201, "POST", "/api/v1/sessions/"+id+"/remotes",
		`{"name":"Cloud","kind":"webdav","parameters":{"url":"`+url+`","user":"ann","pass":"open sesame"}}`)
	files, err := filepath.Glob(filepath.Join(h.dir, "*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(raw), "sesame") || strings.Contains(string(raw), url) {
			t.Errorf("%s tells the storage's secrets", filepath.Base(file))
		}
	}
}
