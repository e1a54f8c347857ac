package e2e

import (
	"errors"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/easel-live/easel/bench/browser"
)

// evaluate runs a script that returns a promise of a value in the page.
func evaluate[T any](t *testing.T, b *browser.Browser, script string) T {
	t.Helper()
	v, err := browser.Evaluate[T](b, script)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// copyHere puts a picture of one colour on the browser's clipboard.
const copyHere = `(async () => {
  const c = new OffscreenCanvas(300, 200), g = c.getContext('2d');
  g.fillStyle = '#3264c8';
  g.fillRect(0, 0, 300, 200);
  await navigator.clipboard.write([new ClipboardItem({'image/png': await c.convertToBlob()})]);
  return true;
})()`

// clipboardHere describes the picture on the browser's clipboard: its size and
// the colour in its middle.
const clipboardHere = `(async () => {
  for (const item of await navigator.clipboard.read()) {
    if (!item.types.includes('image/png')) return item.types.join();
    const map = await createImageBitmap(await item.getType('image/png'));
    const c = new OffscreenCanvas(map.width, map.height), g = c.getContext('2d');
    g.drawImage(map, 0, 0);
    return map.width + 'x' + map.height + ' ' + g.getImageData(map.width / 2, map.height / 2, 1, 1).data.join();
  }
  return 'nothing';
})()`

// A picture that was copied in the browser becomes an image in GIMP, and what is
// copied there comes back.
func TestPicturesAreCopiedBothWays(t *testing.T) {
	inst := serve(t)
	s := start(t, inst)
	owner := open(t, inst, s, "owner")
	if err := owner.AllowClipboard(); err != nil {
		t.Fatal(err)
	}
	draws(t, owner)
	click(t, owner, 640, 480)
	evaluate[bool](t, owner, copyHere)
	keep(t, owner, "before")
	retry(t, "the pasted picture is an image in GIMP",
		func() error { return window(t, s, "300x200", true) },
		func() { press(t, owner, "v", kb.ModifierCtrl) })
	keep(t, owner, "pasted")

	// Black is the foreground; Ctrl+, fills with it.
	evaluate[bool](t, owner, `navigator.clipboard.writeText('something else').then(() => true)`)
	press(t, owner, "d")
	press(t, owner, ",", kb.ModifierCtrl)
	retry(t, "the picture copied in GIMP is on the browser's clipboard", func() error {
		switch got := evaluate[string](t, owner, clipboardHere); got {
		case "300x200 0,0,0,255":
			return nil
		default:
			return errors.New(got)
		}
	}, func() {
		press(t, owner, "a", kb.ModifierCtrl)
		press(t, owner, "c", kb.ModifierCtrl)
	})
	keep(t, owner, "copied")
}
