package workspace

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// place is a workspace with a neighbour that nobody may reach.
type place struct {
	*testing.T
	*Workspace
	dir string
	now time.Time
}

func open(t *testing.T, quota int64) *place {
	t.Helper()
	above := t.TempDir()
	p := &place{T: t, dir: filepath.Join(above, "work"), now: time.Now()}
	if err := errors.Join(os.Mkdir(p.dir, 0o700), os.WriteFile(filepath.Join(above, "secret"), []byte("secret"), 0o600)); err != nil {
		t.Fatal(err)
	}
	w, err := Open(Config{Dir: p.dir, Quota: quota, Thumbnails: filepath.Join(above, "thumbnails"), Now: func() time.Time { return p.now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	p.Workspace = w
	return p
}

func (p *place) put(name, content string) {
	p.Helper()
	if err := os.WriteFile(filepath.Join(p.dir, name), []byte(content), 0o600); err != nil {
		p.Fatal(err)
	}
}

func (p *place) read(name string) string {
	p.Helper()
	f, _, err := p.Open(name)
	if err != nil {
		p.Fatal(err)
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		p.Fatal(err)
	}
	return string(b)
}

func (p *place) names(folder string) []string {
	p.Helper()
	list, err := p.List(folder)
	if err != nil {
		p.Fatal(err)
	}
	names := []string{}
	for _, e := range list.Entries {
		names = append(names, e.Name)
	}
	return names
}

func (p *place) expect(folder string, want ...string) {
	p.Helper()
	if got := p.names(folder); !slices.Equal(got, want) {
		p.Errorf("%q holds %q, want %q", folder, got, want)
	}
}

func (p *place) must(err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

func (p *place) refused(what string, err, want error) {
	p.Helper()
	if !errors.Is(err, want) {
		p.Errorf("%s: %v, want %v", what, err, want)
	}
}

func TestFilesAreWrittenListedMoved(t *testing.T) {
	p := open(t, 0)
	_, err := p.Mkdir("Sketches")
	p.must(err)
	e, err := p.Write("Sketches/tree.png", strings.NewReader("bark"))
	p.must(err)
	if e.Name != "tree.png" || e.Kind != File || e.Size != 4 || !e.Preview {
		t.Errorf("written: %+v", e)
	}
	_, err = p.Write("Sketches/tree.png", strings.NewReader("leaves"))
	p.must(err)
	if got := p.read("Sketches/tree.png"); got != "leaves" {
		t.Errorf("read %q", got)
	}
	after, err := p.Stat("/Sketches/tree.png")
	p.must(err)
	if after.Version == e.Version {
		t.Error("the version stayed")
	}
	p.put("b.txt", "b")
	p.put("A.txt", "a")
	p.put(".hidden", "")
	p.expect("", "Sketches", "A.txt", "b.txt")
	_, err = p.Move("b.txt", "Sketches/c.txt")
	p.must(err)
	_, err = p.Move("A.txt", "Sketches/c.txt")
	p.refused("a taken name", err, ErrExists)
	_, err = p.Move("Sketches", "Sketches/inner")
	p.refused("into itself", err, ErrKind)
	_, err = p.Move("", "elsewhere")
	p.refused("the workspace", err, ErrKind)
	_, err = p.Move("missing", "found")
	p.refused("what is not there", err, ErrNotFound)
	_, err = p.Write("missing/a.txt", strings.NewReader(""))
	p.refused("into no folder", err, ErrNotFound)
	_, err = p.List("A.txt")
	p.refused("listing a file", err, ErrKind)
	_, _, err = p.Open("Sketches")
	p.refused("reading a folder", err, ErrKind)
	p.expect("Sketches", "c.txt", "tree.png")
}

func TestNothingHalfWrittenIsSeen(t *testing.T) {
	p := open(t, 100)
	_, err := p.Write("a.xcf", strings.NewReader("whole"))
	p.must(err)
	broken := io.MultiReader(strings.NewReader("hal"), iotest.ErrReader(io.ErrUnexpectedEOF))
	_, err = p.Write("a.xcf", broken)
	p.refused("content that breaks off", err, io.ErrUnexpectedEOF)
	_, err = p.Write("b.xcf", strings.NewReader(strings.Repeat("x", 101)))
	p.refused("more than the quota", err, ErrFull)
	if got := p.read("a.xcf"); got != "whole" {
		t.Errorf("the file is now %q", got)
	}
	p.expect("", "a.xcf")
	if left, _ := os.ReadDir(filepath.Join(p.dir, private, "staged")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestNothingLeadsOut(t *testing.T) {
	p := open(t, 0)
	p.must(errors.Join(
		os.Symlink("../secret", filepath.Join(p.dir, "file-link")),
		os.Symlink("..", filepath.Join(p.dir, "folder-link")),
		os.Symlink("/etc", filepath.Join(p.dir, "absolute-link")),
		os.Symlink("nowhere", filepath.Join(p.dir, "dangling")),
		syscall.Mkfifo(filepath.Join(p.dir, "pipe"), 0o600),
	))
	p.put("mine.txt", "mine")
	for _, path := range []string{"../secret", "/../secret", "a/../../secret", "./mine.txt", "mine.txt/", "//secret", "a//b", "nul\x00", ".."} {
		f, _, err := p.Open(path)
		if err == nil {
			f.Close()
			if got := p.read(path); got != "mine" {
				t.Errorf("%q was opened", path)
			}
		}
	}
	for path, want := range map[string]error{"file-link": ErrOutside, "folder-link/secret": ErrOutside, "absolute-link/passwd": ErrOutside, "dangling": ErrNotFound, "pipe": ErrKind, ".easel": ErrNotFound, ".easel/trash": ErrNotFound} {
		_, _, err := p.Open(path)
		p.refused(path, err, want)
	}
	_, err := p.Write("folder-link/new", strings.NewReader(""))
	p.refused("writing outside", err, ErrOutside)
	_, err = p.Write("file-link", strings.NewReader(""))
	p.refused("writing through a link", err, ErrKind)
	_, err = p.Move("mine.txt", "folder-link/mine.txt")
	p.refused("moving outside", err, ErrOutside)
	_, err = p.BeginUpload("folder-link/new", 1)
	p.refused("uploading outside", err, ErrOutside)
	for _, e := range []string{"file-link", "folder-link", "absolute-link", "dangling", "pipe"} {
		if s, err := p.Stat(e); err != nil || s.Kind != Other {
			t.Errorf("%s: %+v, %v", e, s, err)
		}
	}
	var b bytes.Buffer
	p.must(p.Zip(context.Background(), &b, []string{""}))
	if strings.Contains(b.String(), "secret") && strings.Contains(b.String(), "root:") {
		t.Error("the archive has what is outside")
	}
	trashed, err := p.Delete("folder-link")
	p.must(err)
	p.must(p.Purge(trashed.ID))
	if _, err := os.Stat(filepath.Join(p.dir, "..", "secret")); err != nil {
		t.Errorf("deleting a link deleted what it leads to: %v", err)
	}
}

func TestHostileNames(t *testing.T) {
	p := open(t, 0)
	for _, bad := range []string{"", ".", "..", ".hidden", "a\nb", "a\x00b", "\xff", strings.Repeat("x", 256), " a", "a ", "evil\u202egnp.exe", string(rune(0xef80))} {
		if err := CheckName(bad); !errors.Is(err, ErrName) {
			t.Errorf("%q passed: %v", bad, err)
		}
	}
	for _, good := range []string{"a", "Žofie.xcf", "絵.png", "-rf", "con", `a"b'c\d<e>.png`, "%2e%2e", strings.Repeat("x", 255), "a&b?c#d"} {
		_, err := p.Write(good, strings.NewReader(good))
		p.must(err)
		if got := p.read(good); got != good {
			t.Errorf("%q holds %q", good, got)
		}
	}
	for _, name := range p.names("") {
		_, err := p.Delete(name)
		p.must(err)
	}
	odd := "caf\xe9.png" // Latin-1, from an old program
	p.put(odd, "odd")
	names := p.names("")
	if len(names) != 1 || names[0] == odd {
		t.Fatalf("listed %q", names)
	}
	if got := p.read(names[0]); got != "odd" {
		t.Errorf("read %q", got)
	}
	_, err := p.Move(names[0], "café.png")
	p.must(err)
	p.expect("", "café.png")
}

func TestTheTrashGivesBack(t *testing.T) {
	p := open(t, 0)
	_, err := p.Mkdir("Old")
	p.must(err)
	p.put("Old/a.png", "aaaa")
	p.put("b.png", "first")
	folder, err := p.Delete("Old")
	p.must(err)
	if folder.Size != 4 || folder.Kind != Folder || folder.Path != "Old" {
		t.Errorf("deleted: %+v", folder)
	}
	file, err := p.Delete("b.png")
	p.must(err)
	p.expect("")
	p.put("b.png", "second")
	back, err := p.Restore(file.ID)
	p.must(err)
	if back != "b (2).png" || p.read(back) != "first" || p.read("b.png") != "second" {
		t.Errorf("came back as %q", back)
	}
	list, err := p.Trash()
	p.must(err)
	if len(list) != 1 || list[0].ID != folder.ID {
		t.Errorf("the trash holds %+v", list)
	}
	if u, _ := p.Usage(); u.Trash < 4 {
		t.Errorf("the trash has no size: %+v", u)
	}
	back, err = p.Restore(folder.ID)
	p.must(err)
	if p.read(back+"/a.png") != "aaaa" {
		t.Error("the folder came back without its file")
	}
	_, err = p.Restore(folder.ID)
	p.refused("twice", err, ErrNotFound)
	_, err = p.Restore("../../secret")
	p.refused("a path", err, ErrNotFound)
	inner, err := p.Delete("Old/a.png")
	p.must(err)
	_, err = p.Delete("Old")
	p.must(err)
	back, err = p.Restore(inner.ID)
	p.must(err)
	if back != "a.png" {
		t.Errorf("without its folder it came back as %q", back)
	}
	p.now = p.now.Add(keepTrash + time.Hour)
	p.must(p.Sweep())
	if list, _ = p.Trash(); len(list) != 0 {
		t.Errorf("old trash stays: %+v", list)
	}
}

func TestAnUploadSurvivesWhateverBreaks(t *testing.T) {
	p := open(t, 0)
	content := strings.Repeat("0123456789", 1000)
	u, err := p.BeginUpload("big.tif", int64(len(content)))
	p.must(err)
	broken := io.MultiReader(strings.NewReader(content[:3000]), iotest.ErrReader(io.ErrUnexpectedEOF))
	n, err := p.Continue(u.ID, 0, broken)
	if n != 3000 || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatalf("kept %d, %v", n, err)
	}
	p.expect("")
	again, err := Open(Config{Dir: p.dir}) // the agent was killed
	p.must(err)
	defer again.Close()
	u, err = again.Upload(u.ID)
	p.must(err)
	if u.Offset != 3000 {
		t.Fatalf("offset %d", u.Offset)
	}
	_, err = again.Continue(u.ID, 2999, strings.NewReader("x"))
	p.refused("another offset", err, ErrOffset)
	_, err = again.Finish(u.ID)
	p.refused("finishing early", err, ErrOffset)
	p.put("big.tif", "somebody else's")
	_, err = again.Continue(u.ID, 3000, strings.NewReader(content[3000:]+"more than it said"))
	p.must(err)
	path, err := again.Finish(u.ID)
	p.must(err)
	if path != "big (2).tif" || p.read(path) != content {
		t.Errorf("it went to %q", path)
	}
	if twice, err := again.Finish(u.ID); twice != path || err != nil {
		t.Errorf("finished again: %q, %v", twice, err)
	}
	if u, err = again.Upload(u.ID); err != nil || !u.Done || u.Offset != u.Size {
		t.Errorf("after the end: %+v, %v", u, err)
	}
	empty, err := p.BeginUpload("empty.txt", 0)
	p.must(err)
	if path, err := p.Finish(empty.ID); path != "empty.txt" || err != nil {
		t.Errorf("nothing: %q, %v", path, err)
	}
	gone, err := p.BeginUpload("gone.png", 10)
	p.must(err)
	p.must(p.Cancel(gone.ID))
	_, err = p.Continue(gone.ID, 0, strings.NewReader("x"))
	p.refused("after cancelling", err, ErrNotFound)
}

func TestTheQuotaCountsWhatIsComing(t *testing.T) {
	p := open(t, 10_000)
	p.put("a", strings.Repeat("a", 4000))
	one, err := p.BeginUpload("one", 3000)
	p.must(err)
	_, err = p.BeginUpload("two", 4000)
	p.refused("more than is free", err, ErrFull)
	_, err = p.Continue(one.ID, 0, strings.NewReader(strings.Repeat("b", 3000)))
	p.must(err)
	_, err = p.BeginUpload("two", 4000)
	p.refused("still more than is free", err, ErrFull)
	p.must(p.Cancel(one.ID))
	_, err = p.BeginUpload("two", 4000)
	p.must(err)

	var wg sync.WaitGroup
	var mu sync.Mutex
	var promised int64
	for range 20 { // at once
		wg.Go(func() {
			if u, err := p.BeginUpload("many", 500); err == nil {
				mu.Lock()
				promised += u.Size
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if promised > 2000 {
		t.Errorf("%d bytes were promised and 2000 were free", promised)
	}
}

func TestASelectionAsAnArchive(t *testing.T) {
	p := open(t, 0)
	_, err := p.Mkdir("Deep")
	p.must(err)
	_, err = p.Mkdir("Deep/er")
	p.must(err)
	p.put("Deep/a.png", "a")
	p.put("Deep/er/b.png", "b")
	p.put("c.png", "c")
	_, err = p.Delete("c.png") // the trash is nobody's download
	p.must(err)
	names := func(paths ...string) []string {
		var b bytes.Buffer
		p.must(p.Zip(context.Background(), &b, paths))
		r, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
		p.must(err)
		var names []string
		for _, f := range r.File {
			names = append(names, f.Name)
		}
		return names
	}
	if got := names("Deep"); !slices.Equal(got, []string{"Deep/", "Deep/a.png", "Deep/er/", "Deep/er/b.png"}) {
		t.Errorf("a folder: %q", got)
	}
	if got := names("Deep/a.png", "Deep/er"); !slices.Equal(got, []string{"a.png", "er/", "er/b.png"}) {
		t.Errorf("a selection: %q", got)
	}
	if got := names(""); !slices.Equal(got, []string{"Deep/", "Deep/a.png", "Deep/er/", "Deep/er/b.png"}) {
		t.Errorf("everything: %q", got)
	}
	p.refused("what is not there", p.Zip(context.Background(), io.Discard, []string{"missing"}), ErrNotFound)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	p.refused("after the end", p.Zip(ctx, io.Discard, []string{"Deep"}), context.Canceled)
}
