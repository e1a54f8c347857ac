package e2e

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"image/png"
	"path/filepath"
	"testing"

	"github.com/easel-live/easel/bench/browser"
	"github.com/easel-live/easel/bench/instance"
)

// copied waits until there is a copy of an image that nobody saved, other than
// those there were.
func copied(t *testing.T, s instance.Session, before []string) []string {
	t.Helper()
	var now []string
	eventually(t, "a copy of the image", func() error {
		now, _ = filepath.Glob(filepath.Join(s.Workspace, ".easel", "recovery", "*", "[0-9]*.xcf"))
		if len(now) == 0 || fmt.Sprint(now) == fmt.Sprint(before) {
			return errors.New("there is none")
		}
		return nil
	})
	return now
}

// dropPicture drops a picture on the canvas, with Shift or without.
func dropPicture(t *testing.T, b *browser.Browser, name string, picture []byte, shift bool) {
	t.Helper()
	if _, err := browser.Evaluate[bool](b, fmt.Sprintf(`(() => {
		const data = new DataTransfer();
		data.items.add(new File([Uint8Array.from(atob(%q), (c) => c.charCodeAt(0))], %q));
		document.querySelector('.canvas').dispatchEvent(new DragEvent('drop', {dataTransfer: data, shiftKey: %t, bubbles: true, cancelable: true}));
		return true;
	})()`, base64.StdEncoding.EncodeToString(picture), name, shift)); err != nil {
		t.Fatal(err)
	}
}

// What is dropped on the canvas opens in GIMP, what was painted on it and not saved
// comes back after GIMP was killed.
func TestWorkThatNobodySavedComesBack(t *testing.T) {
	inst := serve(t)
	s := start(t, inst)
	owner := open(t, inst, s, "owner")
	draws(t, owner)
	var picture bytes.Buffer
	if err := png.Encode(&picture, white(640, 480)); err != nil {
		t.Fatal(err)
	}
	// GIMP takes files when it has come up.
	waitWindow(t, s, "GNU Image Manipulation Program", true)
	dropPicture(t, owner, "dropped.png", picture.Bytes(), false)
	waitWindow(t, s, "dropped", true)
	keep(t, owner, "dropped")
	pencil(t, owner)
	paints(t, owner, 0.5)
	copied(t, s, nil)

	kill(t, s, "gimp")
	says(t, owner, "dropped.png was open and not saved")
	keep(t, owner, "offered")
	choose(t, owner, "Open")
	waitWindow(t, s, "recovered", true)
	darkAcross(t, owner, 0.5, 0.38, 0.62)
	keep(t, owner, "recovered")
	if err := exists(filepath.Join(s.Workspace, "dropped (recovered).xcf"), true)(); err != nil {
		t.Error(err)
	}
	dropPicture(t, owner, "layer.png", picture.Bytes(), true)
	waitWindow(t, s, "2 layers", true)
}
