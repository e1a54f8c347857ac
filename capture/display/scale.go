package display

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/jezek/xgb/xproto"
)

// ErrSettings: another program manages the display's settings.
var ErrSettings = errors.New("display: settings are managed by another program")

// Limits of a scale, in percent.
const (
	smallestScale = 100
	largestScale  = 300
)

// clampScale brings a wanted scale within what SetScale allows.
func clampScale(percent int) int { return min(max(percent, smallestScale), largestScale) }

// settings is what makes this connection the display's settings manager.
type settings struct {
	window   xproto.Window
	property xproto.Atom // _XSETTINGS_SETTINGS
	serial   uint32
	scale    int // percent; 0: never set
}

// SetScale tells programs how large to draw their text and icons, in percent of
// 96 dots per inch, clamped to 100 .. 300. Running GTK programs follow at once:
// it is a setting of the XSETTINGS protocol, whose manager this connection is
// from the first call on.
func (d *Display) SetScale(percent int) error {
	percent = clampScale(percent)
	if percent == d.Scale() {
		return nil
	}
	if d.settings.window == 0 {
		if err := d.manage(); err != nil {
			return err
		}
	}
	d.settings.serial++
	value := encodeSettings(d.settings.serial, percent)
	err := xproto.ChangePropertyChecked(d.conn, xproto.PropModeReplace, d.settings.window, d.settings.property, d.settings.property,
		8, uint32(len(value)), value).Check()
	if err != nil {
		return fmt.Errorf("display: scale: %w", err)
	}
	d.settings.scale = percent
	return d.remember(percent)
}

// scaleProperty of the root window holds the scale, in percent: the settings go
// with their manager's connection, the display stays as people wanted it.
const scaleProperty = "_EASEL_SCALE"

// remember leaves the scale with the display.
func (d *Display) remember(percent int) error {
	name, err := xproto.InternAtom(d.conn, false, uint16(len(scaleProperty)), scaleProperty).Reply()
	if err != nil {
		return fmt.Errorf("display: scale: %w", err)
	}
	value := binary.LittleEndian.AppendUint32(nil, uint32(percent))
	err = xproto.ChangePropertyChecked(d.conn, xproto.PropModeReplace, d.root, name.Atom, xproto.AtomCardinal, 32, 1, value).Check()
	if err != nil {
		return fmt.Errorf("display: scale: %w", err)
	}
	return nil
}

// recall manages the settings again as they were before the last connection
// ended, if one had a scale.
func (d *Display) recall() error {
	name, err := xproto.InternAtom(d.conn, true, uint16(len(scaleProperty)), scaleProperty).Reply()
	if err != nil {
		return fmt.Errorf("display: scale: %w", err)
	}
	if name.Atom == xproto.AtomNone {
		return nil
	}
	r, err := xproto.GetProperty(d.conn, false, d.root, name.Atom, xproto.AtomCardinal, 0, 1).Reply()
	if err != nil {
		return fmt.Errorf("display: scale: %w", err)
	}
	if r.Format != 32 || len(r.Value) < 4 {
		return nil
	}
	if err := d.SetScale(int(binary.LittleEndian.Uint32(r.Value))); err != nil && !errors.Is(err, ErrSettings) {
		return err
	}
	return nil
}

// Scale is what SetScale set, in percent.
func (d *Display) Scale() int {
	if d.settings.scale == 0 {
		return smallestScale
	}
	return d.settings.scale
}

// manage makes this connection the settings manager (XSETTINGS 0.5, ICCCM 2.8)
// unless there is one.
func (d *Display) manage() error {
	names := [...]string{"_XSETTINGS_S0", "_XSETTINGS_SETTINGS", "MANAGER"}
	var atoms [len(names)]xproto.Atom
	for i, name := range names {
		r, err := xproto.InternAtom(d.conn, false, uint16(len(name)), name).Reply()
		if err != nil {
			return fmt.Errorf("display: %w", err)
		}
		atoms[i] = r.Atom
	}
	selection, property, manager := atoms[0], atoms[1], atoms[2]
	if r, err := xproto.GetSelectionOwner(d.conn, selection).Reply(); err != nil || r.Owner != xproto.WindowNone {
		return errors.Join(ErrSettings, err)
	}
	w, err := xproto.NewWindowId(d.conn)
	if err != nil {
		return fmt.Errorf("display: %w", err)
	}
	if err := xproto.CreateWindowChecked(d.conn, 0, w, d.root, -1, -1, 1, 1, 0, xproto.WindowClassInputOnly, 0, 0, nil).Check(); err != nil {
		return fmt.Errorf("display: settings window: %w", err)
	}
	if err := xproto.SetSelectionOwnerChecked(d.conn, w, selection, xproto.TimeCurrentTime).Check(); err != nil {
		return fmt.Errorf("display: manage settings: %w", err)
	}
	d.settings = settings{window: w, property: property}
	// Programs that looked for a manager before there was one hear of it.
	news := xproto.ClientMessageEvent{
		Format: 32, Window: d.root, Type: manager,
		Data: xproto.ClientMessageDataUnionData32New([]uint32{xproto.TimeCurrentTime, uint32(selection), uint32(w), 0, 0}),
	}
	xproto.SendEvent(d.conn, false, d.root, xproto.EventMaskStructureNotify, string(news.Bytes()))
	return nil
}

const (
	settingInteger = 0
	settingString  = 1

	baseDPI    = 96
	dpiUnit    = 1024 // Xft/DPI counts 1/1024 dots per inch
	baseCursor = 24   // pixels
)

// iconSizes are GTK's named icon sizes at 100%, in pixels.
var iconSizes = [...]struct {
	name string
	side int
}{
	{"gtk-menu", 16}, {"gtk-button", 20}, {"gtk-small-toolbar", 18}, {"gtk-large-toolbar", 24}, {"gtk-dnd", 32}, {"gtk-dialog", 48},
}

// encodeSettings is the value of the manager's property (XSETTINGS 0.5).
func encodeSettings(serial uint32, percent int) []byte {
	icons := ""
	for i, s := range iconSizes {
		if i > 0 {
			icons += ":"
		}
		side := s.side * percent / 100
		icons += fmt.Sprintf("%s=%d,%d", s.name, side, side)
	}
	le := binary.LittleEndian
	b := []byte{0, 0, 0, 0} // least significant byte first
	b = le.AppendUint32(b, serial)
	b = le.AppendUint32(b, 3)
	pad := func() {
		for len(b)%4 != 0 {
			b = append(b, 0)
		}
	}
	begin := func(kind byte, name string) {
		b = le.AppendUint16(append(b, kind, 0), uint16(len(name)))
		b = append(b, name...)
		pad()
		b = le.AppendUint32(b, serial)
	}
	begin(settingInteger, "Xft/DPI")
	b = le.AppendUint32(b, uint32(baseDPI*dpiUnit*percent/100))
	begin(settingInteger, "Gtk/CursorThemeSize")
	b = le.AppendUint32(b, uint32(baseCursor*percent/100))
	begin(settingString, "Gtk/IconSizes")
	b = le.AppendUint32(b, uint32(len(icons)))
	b = append(b, icons...)
	pad()
	return b
}
