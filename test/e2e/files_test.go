package e2e

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/easel-live/easel/bench/browser"
)

// gradient is a picture that one recognises.
func gradient(width, height int) image.Image {
	img := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			img.SetNRGBA(x, y, color.NRGBA{uint8(255 * x / width), uint8(255 * y / height), 140, 255})
		}
	}
	return img
}

// bulk is the content of a large file, a MiB at a time.
func bulk(mebibyte int) []byte {
	return bytes.Repeat([]byte(fmt.Sprintf("%07d\n", mebibyte)), 1<<20/8)
}

// drop drops a file of so many MiB, as bulk makes them, on what matches a
// selector.
func drop(t *testing.T, b *browser.Browser, selector, name string, mebibytes int) {
	t.Helper()
	_, err := browser.Evaluate[bool](b, fmt.Sprintf(`(() => {
		const parts = Array.from({length: %d}, (_, i) => (String(i).padStart(7, '0') + '\n').repeat(131072));
		const data = new DataTransfer();
		data.items.add(new File(parts, %q));
		for (const kind of ['dragover', 'drop']) {
			document.querySelector(%q).dispatchEvent(new DragEvent(kind, {dataTransfer: data, bubbles: true, cancelable: true}));
		}
		return true;
	})()`, mebibytes, name, selector))
	if err != nil {
		t.Fatal(err)
	}
}

func exists(path string, wanted bool) func() error {
	return func() error {
		_, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) != wanted {
			return nil
		}
		return fmt.Errorf("%s: %v", filepath.Base(path), err)
	}
}

func selectFile(t *testing.T, b *browser.Browser, name string) {
	t.Helper()
	shows(t, b, name+" in the panel", fmt.Sprintf(`[...document.querySelectorAll('li input')].find((e) => e.ariaLabel === 'Select ' + %q && (e.checked || (e.click(), true)))`, name))
	shows(t, b, "a selection", `document.querySelector('[aria-label="Selected files"]')`)
}

// What people do with files in the panel happens to the files, and an upload
// that is interrupted arrives as it left.
func TestFilesInThePanel(t *testing.T) {
	inst := serve(t)
	s := start(t, inst)
	owner := open(t, inst, s, "owner")
	putPNG(t, s, "poster.png", gradient(900, 600))
	choose(t, owner, "Files")
	shows(t, owner, "a preview", `document.querySelector('.preview img')?.naturalWidth === 256`)

	const large = 192
	drop(t, owner, ".files", "large.bin", large)
	shows(t, owner, "a part of the upload", `document.querySelector('[aria-label="large.bin uploaded"]')?.value > 0`)
	keep(t, owner, "upload")
	if err := inst.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := inst.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(s.Workspace, "large.bin")
	eventually(t, "the upload is complete", exists(path, true))
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := sha256.New()
	for i := range large {
		want.Write(bulk(i))
	}
	if sum := sha256.Sum256(got); !bytes.Equal(sum[:], want.Sum(nil)) {
		t.Errorf("what arrived are %d other bytes", len(got))
	}

	selectFile(t, owner, "poster.png")
	keep(t, owner, "selected")
	choose(t, owner, "Rename")
	shows(t, owner, "the name to change", `document.activeElement?.value === 'poster.png'`)
	if err := owner.Insert("banner"); err != nil { // the name is selected, its extension is not
		t.Fatal(err)
	}
	shows(t, owner, "the dialog to go", `!document.querySelector('dialog form')?.requestSubmit() && !document.querySelector('dialog')`)
	eventually(t, "the file has its new name", exists(filepath.Join(s.Workspace, "banner.png"), true))

	selectFile(t, owner, "banner.png")
	choose(t, owner, "Delete")
	eventually(t, "the file is gone", exists(filepath.Join(s.Workspace, "banner.png"), false))
	choose(t, owner, "Undo")
	eventually(t, "the file is back", exists(filepath.Join(s.Workspace, "banner.png"), true))

	if err := owner.Resize(390, 844, 1); err != nil {
		t.Fatal(err)
	}
	shows(t, owner, "the file again", `document.querySelector('.files')?.innerText.includes('banner.png')`)
	keep(t, owner, "phone")

	viewer := open(t, inst, s, "viewer")
	if said := text(t, viewer); strings.Contains(said, "Files") {
		t.Errorf("a viewer is offered files: %q", said)
	}
	shows(t, viewer, "no way to the files", `!document.querySelector('[aria-label="Files"]')`)
}
