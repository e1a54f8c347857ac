package display

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"github.com/easel-live/easel/internal/xvnctest"
)

// What a program sees that follows XSETTINGS: the manager's property.
func TestProgramsHearOfTheScale(t *testing.T) {
	name := xvnctest.Start(t, 800, 600)
	d, err := Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if d.Scale() != 100 {
		t.Errorf("a new display has scale %d", d.Scale())
	}
	for _, c := range [...]struct{ wish, want int }{{200, 200}, {25, 100}, {999, 300}, {125, 125}} {
		wish, want := c.wish, c.want
		if err := d.SetScale(wish); err != nil {
			t.Fatal(err)
		}
		value := readSettings(t, name)
		at := strings.Index(string(value), "Xft/DPI\x00")
		if at < 0 || d.Scale() != want {
			t.Fatalf("scale %d, settings %q", d.Scale(), value)
		}
		if dpi := binary.LittleEndian.Uint32(value[at+12:]); dpi != uint32(want*96*1024/100) {
			t.Errorf("at %d%%: %d dots per inch", wish, dpi/1024)
		}
	}
	// A second manager leaves the first alone.
	other, err := Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := other.SetScale(150); !errors.Is(err, ErrSettings) {
		t.Errorf("a second manager: %v", err)
	}
}

// An agent that starts again leaves the display as large as it was drawn before.
func TestTheScaleOutlivesItsManager(t *testing.T) {
	name := xvnctest.Start(t, 800, 600)
	first, err := Open(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := first.SetScale(175); err != nil {
		first.Close()
		t.Fatal(err)
	}
	first.Close()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		again, err := Open(name)
		if err != nil {
			t.Fatal(err)
		}
		scale := again.Scale()
		if scale == 175 {
			if value := readSettings(t, name); !strings.Contains(string(value), "Xft/DPI\x00") {
				t.Errorf("settings %q", value)
			}
		}
		again.Close()
		if scale == 175 {
			return
		}
		// The X server may not have noticed yet that the first is gone.
		if time.Now().After(deadline) {
			t.Fatalf("scale %d", scale)
		}
	}
}

func readSettings(t *testing.T, name string) []byte {
	t.Helper()
	c, err := xgb.NewConnDisplay(name)
	if err != nil {
		t.Fatal(err)
	}
	defer drain(c)
	defer c.Close()
	atom := func(name string) xproto.Atom {
		r, err := xproto.InternAtom(c, true, uint16(len(name)), name).Reply()
		if err != nil {
			t.Fatal(err)
		}
		return r.Atom
	}
	owner, err := xproto.GetSelectionOwner(c, atom("_XSETTINGS_S0")).Reply()
	if err != nil {
		t.Fatal(err)
	}
	r, err := xproto.GetProperty(c, false, owner.Owner, atom("_XSETTINGS_SETTINGS"), xproto.GetPropertyTypeAny, 0, 4096).Reply()
	if err != nil {
		t.Fatal(err)
	}
	return r.Value
}
