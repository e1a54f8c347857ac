package browser

import (
	"fmt"
	"slices"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Move moves the mouse to a place on the page, in CSS pixels; held says whether
// the left button is down.
func (b *Browser) Move(x, y float64, held bool) error {
	params := input.DispatchMouseEventParams{Type: input.DispatchMouseEventTypeMouseMoved, X: x, Y: y}
	if held {
		params.Button, params.Buttons = input.MouseButtonLeft, 1
	}
	return b.mouse(params)
}

// Press presses the left button. It returns when the page has handled it.
func (b *Browser) Press(x, y float64) error {
	return b.mouse(input.DispatchMouseEventParams{Type: input.DispatchMouseEventTypeMousePressed,
		X: x, Y: y, Button: input.MouseButtonLeft, Buttons: 1, ClickCount: 1})
}

// Release lets the left button go.
func (b *Browser) Release(x, y float64) error {
	return b.mouse(input.DispatchMouseEventParams{Type: input.DispatchMouseEventTypeMouseReleased,
		X: x, Y: y, Button: input.MouseButtonLeft, ClickCount: 1})
}

func (b *Browser) mouse(params input.DispatchMouseEventParams) error {
	if _, err := chromedp.Call(b.ctx, input.DispatchMouseEvent, params); err != nil {
		return fmt.Errorf("browser: %s: %w", params.Type, err)
	}
	return nil
}

// Key presses and releases a key, a character of a US keyboard or one of package
// kb such as kb.Enter, as a person would: the modifiers go down first, one by
// one, and up last.
func (b *Browser) Key(key string, modifiers ...kb.Modifier) error {
	known, ok := kb.Keys[[]rune(key)[0]]
	if !ok {
		return fmt.Errorf("browser: no key %q", key)
	}
	var mask kb.Modifier
	for _, m := range modifiers {
		mask |= m
		if err := b.key(input.DispatchKeyEventTypeRawKeyDown, modifierKey(m), mask); err != nil {
			return err
		}
	}
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeRawKeyDown, input.DispatchKeyEventTypeKeyUp} {
		if err := b.key(kind, *known, mask); err != nil {
			return err
		}
	}
	for _, m := range slices.Backward(modifiers) {
		mask &^= m
		if err := b.key(input.DispatchKeyEventTypeKeyUp, modifierKey(m), mask); err != nil {
			return err
		}
	}
	return nil
}

// Insert puts text into the field that has the focus, as an input method does.
func (b *Browser) Insert(text string) error {
	if _, err := chromedp.Call(b.ctx, input.InsertText, input.InsertTextParams{Text: text}); err != nil {
		return fmt.Errorf("browser: insert: %w", err)
	}
	return nil
}

func modifierKey(m kb.Modifier) kb.Key {
	switch m {
	case kb.ModifierShift:
		return kb.Key{Code: "ShiftLeft", Key: "Shift", Windows: 16, Native: 16}
	case kb.ModifierAlt:
		return kb.Key{Code: "AltLeft", Key: "Alt", Windows: 18, Native: 18}
	default:
		return kb.Key{Code: "ControlLeft", Key: "Control", Windows: 17, Native: 17}
	}
}

func (b *Browser) key(kind input.DispatchKeyEventType, key kb.Key, mask kb.Modifier) error {
	params := input.DispatchKeyEventParams{Type: kind, Key: key.Key, Code: key.Code, Modifiers: mask.Int64(),
		WindowsVirtualKeyCode: key.Windows, NativeVirtualKeyCode: key.Native}
	if _, err := chromedp.Call(b.ctx, input.DispatchKeyEvent, params); err != nil {
		return fmt.Errorf("browser: key %q: %w", key.Key, err)
	}
	return nil
}

// AllowClipboard lets the page read and write the clipboard, as a person does
// who is asked.
func (b *Browser) AllowClipboard() error {
	for _, p := range []cdpbrowser.PermissionDescriptor{{Name: "clipboard-read"}, {Name: "clipboard-write", AllowWithoutSanitization: true}} {
		params := cdpbrowser.SetPermissionParams{Permission: &p, Setting: cdpbrowser.PermissionSettingGranted}
		if _, err := chromedp.Call(b.ctx, cdpbrowser.SetPermission, params); err != nil {
			return fmt.Errorf("browser: allow %s: %w", p.Name, err)
		}
	}
	return nil
}

// Resize gives the page another size in CSS pixels and another number of device
// pixels for each.
func (b *Browser) Resize(width, height int, ratio float64) error {
	if err := chromedp.Do(b.ctx, chromedp.EmulateViewport(int64(width), int64(height), chromedp.EmulateScale(ratio))); err != nil {
		return fmt.Errorf("browser: resize: %w", err)
	}
	return nil
}
