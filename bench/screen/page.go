package screen

import (
	"fmt"

	"github.com/chromedp/chromedp/kb"
	"github.com/jezek/xgb/xproto"
)

// named are the keysyms of keys that are no characters (X11/keysymdef.h).
var named = map[string]xproto.Keysym{
	kb.Enter: 0xFF0D, kb.Escape: 0xFF1B, kb.ArrowDown: 0xFF54, kb.F10: 0xFFC7,
}

// Key presses a key as a browser's page would: a character, or one of package kb
// that driving an application takes.
func (s *Screen) Key(key string, modifiers ...kb.Modifier) error {
	var keys []xproto.Keysym
	for _, m := range modifiers {
		if m != kb.ModifierCtrl {
			return fmt.Errorf("%w: no modifier but Ctrl, not %v", ErrDisplay, m)
		}
		keys = append(keys, ControlL)
	}
	sym, ok := named[key]
	if !ok {
		sym = xproto.Keysym([]rune(key)[0])
	}
	return s.Tap(append(keys, sym)...)
}

// Lumas samples a grid of points, row by row: 0 black to 255 white.
func (s *Screen) Lumas(columns, rows int) ([]int, error) {
	p, err := s.Grab()
	if err != nil {
		return nil, err
	}
	lumas := make([]int, 0, columns*rows)
	for row := range rows {
		for column := range columns {
			i := p.PixOffset((2*column+1)*p.Rect.Dx()/(2*columns), (2*row+1)*p.Rect.Dy()/(2*rows))
			lumas = append(lumas, (299*int(p.Pix[i])+587*int(p.Pix[i+1])+114*int(p.Pix[i+2]))/1000)
		}
	}
	return lumas, nil
}
