package remote_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"go.uber.org/goleak"

	"github.com/easel-live/easel/workspace"
	"github.com/easel-live/easel/workspace/remote"
	"github.com/easel-live/easel/workspace/remote/remotetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// studio is a workspace from afar, and its folder.
func studio(t *testing.T) (remote.Files, string) {
	t.Helper()
	tunnels := remotetest.New(t)
	dir := tunnels.Folder("studio", 1<<20)
	return tunnels.Client().Of("studio"), dir
}

func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func refused(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

func TestAWorkspaceFromAfar(t *testing.T) {
	f, dir := studio(t)
	ctx := t.Context()
	must(f.Mkdir(ctx, "Old & new?"))(t)
	if err := os.WriteFile(filepath.Join(dir, "a.png"), []byte("0123456789"), 0o600); err != nil {
		t.Fatal(err)
	}
	moved := must(f.Move(ctx, "a.png", "Old & new?/ä%41.png"))(t)
	if moved.Name != "ä%41.png" {
		t.Errorf("moved to %+v", moved)
	}
	list := must(f.List(ctx, "Old & new?"))(t)
	if len(list.Entries) != 1 || list.Entries[0] != moved {
		t.Errorf("listed %+v", list)
	}
	if e := must(f.Stat(ctx, "Old & new?/ä%41.png"))(t); e != moved {
		t.Errorf("stat %+v", e)
	}
	whole := must(f.Content(ctx, "Old & new?/ä%41.png", "", ""))(t)
	if b, err := io.ReadAll(whole); string(b) != "0123456789" || err != nil || whole.Status != http.StatusOK || whole.Length != 10 {
		t.Errorf("content %q, %v, %+v", b, err, whole)
	}
	whole.Close()
	part := must(f.Content(ctx, "Old & new?/ä%41.png", "bytes=3-5", `"`+whole.Version+`"`))(t)
	if b, err := io.ReadAll(part); string(b) != "345" || err != nil || part.Range != "bytes 3-5/10" {
		t.Errorf("a range %q, %v, %+v", b, err, part)
	}
	part.Close()
	beyond := must(f.Content(ctx, "Old & new?/ä%41.png", "bytes=30-", ""))(t)
	if beyond.Status != http.StatusRequestedRangeNotSatisfiable {
		t.Errorf("a range beyond the end: %+v", beyond)
	}
	beyond.Close()
	archive := must(f.Zip(ctx, []string{"Old & new?"}))(t)
	raw, err := io.ReadAll(archive)
	archive.Close()
	if z, zipErr := zip.NewReader(bytes.NewReader(raw), int64(len(raw))); err != nil || zipErr != nil || len(z.File) != 2 {
		t.Errorf("the archive: %v, %v", err, zipErr)
	}
	trashed := must(f.Delete(ctx, "Old & new?"))(t)
	if trash := must(f.Trash(ctx))(t); len(trash) != 1 || trash[0] != trashed {
		t.Errorf("the trash holds %+v", trash)
	}
	if back := must(f.Restore(ctx, trashed.ID))(t); back != "Old & new?" {
		t.Errorf("back as %q", back)
	}
	if u := must(f.Usage(ctx))(t); u.Quota != 1<<20 || u.Bytes < 10 {
		t.Errorf("usage %+v", u)
	}
	again := must(f.Delete(ctx, "Old & new?"))(t)
	if err := f.Purge(ctx, again.ID); err != nil {
		t.Error(err)
	}
}

func TestRefusalsTravel(t *testing.T) {
	f, dir := studio(t)
	ctx := t.Context()
	must(f.Mkdir(ctx, "a"))(t)
	if err := os.Symlink("/etc", filepath.Join(dir, "out")); err != nil {
		t.Fatal(err)
	}
	_, err := f.Mkdir(ctx, "a")
	refused(t, "a taken name", err, workspace.ErrExists)
	_, err = f.List(ctx, "b")
	refused(t, "no folder", err, workspace.ErrNotFound)
	_, err = f.Mkdir(ctx, "a/..")
	refused(t, "a bad name", err, workspace.ErrName)
	_, err = f.Content(ctx, "out/passwd", "", "")
	refused(t, "a way out", err, workspace.ErrOutside)
	_, err = f.Content(ctx, "a", "", "")
	refused(t, "reading a folder", err, workspace.ErrKind)
	_, err = f.BeginUpload(ctx, "b", 1<<30)
	refused(t, "too much", err, workspace.ErrFull)
	_, err = f.Zip(ctx, []string{"b"})
	refused(t, "packing nothing", err, workspace.ErrNotFound)
	_, _, err = f.Preview(ctx, "a")
	refused(t, "a preview of a folder", err, workspace.ErrKind)
	_, err = remotetest.New(t).Client().Of("elsewhere").List(ctx, "")
	refused(t, "another room", err, remote.ErrUnreachable)
}

func TestAnUploadGoesOnAfterABreak(t *testing.T) {
	f, dir := studio(t)
	ctx := t.Context()
	content := strings.Repeat("0123456789abcdef", 20_000)
	u := must(f.BeginUpload(ctx, "big.tif", int64(len(content))))(t)
	broken := io.MultiReader(strings.NewReader(content[:100_000]), iotest.ErrReader(errors.New("the browser is gone")))
	if _, err := f.Continue(ctx, u.ID, 0, broken); err == nil {
		t.Fatal("nobody noticed the break")
	}
	for { // the other end may still be writing what came
		var err error
		if u, err = f.Upload(ctx, u.ID); err != nil {
			t.Fatal(err)
		}
		_, err = f.Continue(ctx, u.ID, u.Offset, strings.NewReader(content[u.Offset:]))
		if err == nil {
			break
		}
		if !errors.Is(err, workspace.ErrOffset) {
			t.Fatal(err)
		}
	}
	path := must(f.Finish(ctx, u.ID))(t)
	if got, err := os.ReadFile(filepath.Join(dir, path)); err != nil || string(got) != content {
		t.Errorf("it arrived as %d bytes, %v", len(got), err)
	}
	gone := must(f.BeginUpload(ctx, "b", 1))(t)
	if err := f.Cancel(ctx, gone.ID); err != nil {
		t.Error(err)
	}
	_, err := f.Upload(ctx, gone.ID)
	refused(t, "after cancelling", err, workspace.ErrNotFound)
}

// TestAnAgentIsNotBelieved talks to one that says what it likes.
func TestAnAgentIsNotBelieved(t *testing.T) {
	says := func(answer string) remote.Files {
		tunnels := remotetest.New(t)
		tunnels.Put("studio", func(_ context.Context, stream net.Conn) {
			_, _ = stream.Read(make([]byte, 4096))
			_, _ = io.WriteString(stream, answer)
		})
		return tunnels.Client().Of("studio")
	}
	ok := "HTTP/1.1 200 OK\r\nConnection: close\r\n"
	for what, f := range map[string]remote.Files{
		"no HTTP":       says("hello"),
		"no JSON":       says(ok + "\r\n<script>"),
		"a refusal":     says("HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n<script>"),
		"a redirection": says("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n"),
	} {
		if _, err := f.List(t.Context(), ""); err == nil {
			t.Errorf("%s passed", what)
		}
	}
	if _, _, err := says(ok+"\r\n<html><script>alert(1)</script>").Preview(t.Context(), "a.png"); err == nil {
		t.Error("a page passed for a picture")
	}
	if _, err := says(ok+"Etag: \"<b>\"\r\n\r\n").Content(t.Context(), "a.png", "", ""); err == nil {
		t.Error("a version with markup passed")
	}
	if _, err := says("HTTP/1.1 206 Partial Content\r\nContent-Range: bytes evil\r\nConnection: close\r\n\r\n").Content(t.Context(), "a.png", "bytes=0-1", ""); err == nil {
		t.Error("a bad range passed")
	}
}
