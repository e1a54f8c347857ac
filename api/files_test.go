package api

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"image"
	"image/png"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/easel-live/easel/internal/room"
)

// folder is a session with files, and where they are.
func (h *house) folder() (id, dir, files string) {
	h.t.Helper()
	id = h.session()
	return id, h.tunnels.Folder(id, 100_000), "/api/v1/sessions/" + id + "/files"
}

func (p *person) expect(status int, method, path, body string, headers ...string) answer {
	p.t.Helper()
	a := p.do(method, path, body, headers...)
	if a.status != status {
		p.t.Fatalf("%s %s: %d %s, want %d", method, path, a.status, a.body, status)
	}
	return a
}

func TestFilesOverREST(t *testing.T) {
	h := newHouse(t)
	_, dir, files := h.folder()
	p := h.owner()
	p.expect(201, "POST", files+"/folders", `{"path":"Old"}`)
	p.expect(409, "POST", files+"/folders", `{"path":"Old"}`)
	p.expect(422, "POST", files+"/folders", `{"path":"a\nb"}`)
	if err := os.WriteFile(filepath.Join(dir, "a.txt"), []byte("<script>0123"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.expect(200, "POST", files+"/move", `{"from":"a.txt","to":"Old/<ü>.html"}`)
	at := "?path=" + url.QueryEscape("Old/<ü>.html")
	list := p.expect(200, "GET", files+"?path=Old", "").json(t)
	if got := list["entries"].([]any)[0].(map[string]any)["name"]; got != "<ü>.html" {
		t.Errorf("listed %v", list)
	}
	whole := p.expect(200, "GET", files+"/content"+at, "")
	if string(whole.body) != "<script>0123" || whole.header.Get("Content-Type") != "application/octet-stream" ||
		!strings.HasPrefix(whole.header.Get("Content-Disposition"), "attachment; filename*=utf-8''%3C%C3%BC%3E.html") {
		t.Errorf("downloaded %q with %v", whole.body, whole.header)
	}
	part := p.expect(206, "GET", files+"/content"+at, "", "Range", "bytes=8-9", "If-Range", whole.header.Get("Etag"))
	if string(part.body) != "01" || part.header.Get("Content-Range") != "bytes 8-9/12" {
		t.Errorf("a range: %q with %v", part.body, part.header)
	}
	p.expect(200, "GET", files+"/content"+at, "", "Range", "bytes=8-9", "If-Range", `"older"`)
	p.expect(200, "GET", files+"/content"+at, "", "Range", "bytes=0-1,3-4")
	p.expect(416, "GET", files+"/content"+at, "", "Range", "bytes=90-")
	archive := p.expect(200, "GET", files+"/zip?path=Old", "")
	if z, err := zip.NewReader(bytes.NewReader(archive.body), int64(len(archive.body))); err != nil || len(z.File) != 2 {
		t.Errorf("the archive: %v", err)
	}
	p.expect(404, "GET", files+"/zip?path=missing", "")
	trashed := p.expect(200, "DELETE", files+"?path=Old", "").json(t)
	item := files + "/trash/" + trashed["id"].(string)
	if list := p.expect(200, "GET", files+"/trash", "").json(t); len(list["trash"].([]any)) != 1 {
		t.Errorf("the trash: %v", list)
	}
	if back := p.expect(200, "POST", item+"/restore", "").json(t); back["path"] != "Old" {
		t.Errorf("back: %v", back)
	}
	p.expect(404, "POST", item+"/restore", "")
	trashed = p.expect(200, "DELETE", files+"?path=Old", "").json(t)
	p.expect(204, "DELETE", files+"/trash/"+trashed["id"].(string), "")
}

func TestPreviewsAreTheOnlyFilesShown(t *testing.T) {
	h := newHouse(t)
	_, dir, files := h.folder()
	p := h.owner()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 600, 300))); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"a.png": b.String(), "b.png": "<svg onload=alert(1)>"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	a := p.expect(200, "GET", files+"/preview?path=a.png&version=1", "")
	if a.header.Get("Content-Type") != "image/jpeg" || !strings.Contains(a.header.Get("Cache-Control"), "immutable") {
		t.Errorf("a preview with %v", a.header)
	}
	p.expect(415, "GET", files+"/preview?path=b.png", "")
}

// TestWhatAnOwnerDecidesHoldsForTheFiles: the matrix covers everything else.
func TestWhatAnOwnerDecidesHoldsForTheFiles(t *testing.T) {
	h := newHouse(t)
	id, _, files := h.folder()
	editor := h.guest(id, "editor")
	editor.expect(200, "GET", files, "")
	guest := editor.cookies["/api/v1/sessions/"+id+" "+guestCookie]
	known, _ := h.guests.Known(guest.Value, h.now)
	if err := h.guests.Decide(id, known.Person, room.Viewer, false, h.now); err != nil {
		t.Fatal(err)
	}
	editor.expect(403, "GET", files, "")
}

func TestFilesOfASessionThatIsAway(t *testing.T) {
	h := newHouse(t)
	h.owner().expect(503, "GET", "/api/v1/sessions/"+h.session()+"/files", "")
}

// begin announces an upload and returns where it is.
func (p *person) begin(status int, files, name string, size int) string {
	p.t.Helper()
	meta := "filename " + base64.StdEncoding.EncodeToString([]byte(name))
	a := p.expect(status, "POST", files+"/uploads", "", "Tus-Resumable", "1.0.0", "Upload-Length", strconv.Itoa(size), "Upload-Metadata", meta)
	return a.header.Get("Location")
}

func (p *person) send(status int, at string, offset int, content string) answer {
	p.t.Helper()
	return p.expect(status, "PATCH", at, content, "Tus-Resumable", "1.0.0", "Upload-Offset", strconv.Itoa(offset), "Content-Type", "application/offset+octet-stream")
}

func TestUploadsSpeakTus(t *testing.T) {
	h := newHouse(t)
	_, dir, files := h.folder()
	p := h.owner()
	content := strings.Repeat("0123456789", 100)
	at := p.begin(201, files, "ü (1).png", len(content))
	if !strings.HasPrefix(at, files+"/uploads/") {
		t.Fatalf("the upload is at %q", at)
	}
	p.send(204, at, 0, content[:300])
	if a := p.expect(200, "HEAD", at, "", "Tus-Resumable", "1.0.0"); a.header.Get("Upload-Offset") != "300" || a.header.Get("Upload-Length") != "1000" {
		t.Errorf("after a part: %v", a.header)
	}
	p.send(409, at, 200, content[200:])
	a := p.send(204, at, 300, content[300:])
	want := url.PathEscape("ü (1).png")
	if a.header.Get(pathHeader) != want {
		t.Errorf("it went to %q", a.header.Get(pathHeader))
	}
	if a = p.expect(200, "HEAD", at, "", "Tus-Resumable", "1.0.0"); a.header.Get(pathHeader) != want || a.header.Get("Upload-Offset") != "1000" {
		t.Errorf("after the end: %v", a.header)
	}
	if got, err := os.ReadFile(filepath.Join(dir, "ü (1).png")); err != nil || string(got) != content {
		t.Errorf("%d bytes arrived, %v", len(got), err)
	}
	gone := p.begin(201, files, "gone.png", 10)
	p.expect(204, "DELETE", gone, "", "Tus-Resumable", "1.0.0")
	p.expect(404, "HEAD", gone, "", "Tus-Resumable", "1.0.0")
	p.begin(507, files, "huge.png", 200_000)
	p.begin(422, files, "../out.png", 10)
	p.begin(422, files, ".hidden", 10)
	p.expect(412, "POST", files+"/uploads", "")
}

func FuzzUploadMetadata(f *testing.F) {
	f.Add("filename YS5wbmc=", "10")
	f.Add("filename Li4vLi4vYQ==,folder Li4=", "0")
	f.Add(",,,  =", "-1")
	h := newHouse(f)
	_, dir, files := h.folder()
	p := h.owner()
	before, _ := filepath.Glob(filepath.Join(filepath.Dir(dir), "*"))
	f.Fuzz(func(t *testing.T, meta, size string) {
		if strings.ContainsAny(meta+size, "\r\n\x00") {
			t.Skip()
		}
		req, err := http.NewRequestWithContext(t.Context(), "POST", p.server.URL+files+"/uploads", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Tus-Resumable", "1.0.0")
		req.Header.Set("Upload-Length", size)
		req.Header.Set("Upload-Metadata", meta)
		for _, c := range p.cookies {
			req.AddCookie(c)
		}
		resp, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			t.Skip() // no header may look so
		}
		defer resp.Body.Close()
		if resp.StatusCode == http.StatusInternalServerError {
			t.Errorf("%q of %q: %s", meta, size, resp.Status)
		}
		if now, _ := filepath.Glob(filepath.Join(filepath.Dir(dir), "*")); len(now) != len(before) {
			t.Errorf("something left the workspace: %v", now)
		}
	})
}
