package screen

import (
	"errors"
	"testing"

	"github.com/easel-live/easel/internal/xvnctest"

	"github.com/chromedp/chromedp/kb"

	"github.com/easel-live/easel/bench/target"
)

func TestHandAndEye(t *testing.T) {
	name := xvnctest.Start(t, 320, 240)
	window, err := target.Open(target.Options{Display: name})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- window.Run(t.Context()) }()
	s, err := Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if p, err := s.Picture(); err != nil || p.Width != 320 || p.Height != 240 {
		t.Fatalf("%+v, %v", p, err)
	}
	if err := errors.Join(s.Press(100, 100), s.Release(100, 100)); err != nil {
		t.Fatal(err)
	}
	for bright := false; !bright; { // the window turns white as soon as it hears
		lumas, err := s.Lumas(4, 3)
		if err != nil || len(lumas) != 12 {
			t.Fatalf("%v, %v", lumas, err)
		}
		bright = lumas[5] == 255
	}
	picture, err := s.Grab()
	if err != nil || picture.Pix[0] != 255 || picture.Pix[3] != 255 {
		t.Errorf("%v", err)
	}
	for _, key := range []string{"n", kb.F10, kb.Enter, kb.Escape, kb.ArrowDown} {
		if err := s.Key(key); err != nil {
			t.Errorf("%q: %v", key, err)
		}
	}
	if err := s.Key("z", kb.ModifierCtrl); err != nil {
		t.Error(err)
	}
	if err := s.Key("\u4e2d"); !errors.Is(err, ErrDisplay) {
		t.Errorf("a key that no keyboard has: %v", err)
	}
}

func TestNoDisplay(t *testing.T) {
	if _, err := Open(":64998"); !errors.Is(err, ErrDisplay) {
		t.Errorf("got %v", err)
	}
}
