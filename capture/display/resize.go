package display

import (
	"errors"
	"fmt"
	"image"

	"github.com/jezek/xgb/randr"
	"github.com/jezek/xgb/xproto"
)

// Sizes that Resize clamps to, in pixels.
var (
	smallest = image.Pt(640, 480)
	largest  = image.Pt(3840, 2160)
)

// ErrNoOutput is returned by Resize on a display that RANDR cannot resize.
var ErrNoOutput = errors.New("display: no output to resize")

// Clamp brings a wanted size within what Resize allows.
func Clamp(size image.Point) image.Point {
	return image.Pt(min(max(size.X, smallest.X), largest.X), min(max(size.Y, smallest.Y), largest.Y))
}

// Resize gives the display another size, clamped to 640x480 .. 3840x2160. The
// new size shows in Changes; windows follow as their manager pleases.
//
// Xvnc has one output on one CRTC. A mode of the wanted size is made if there is
// none; the modes this function made before are taken away, so that a window
// dragged larger and smaller for hours leaves one behind, not thousands.
func (d *Display) Resize(want image.Point) error {
	want = Clamp(want)
	if d.Size() == want {
		return nil
	}
	res, err := randr.GetScreenResourcesCurrent(d.conn, d.root).Reply()
	if err != nil {
		return fmt.Errorf("display: resize: %w", err)
	}
	if len(res.Outputs) == 0 || len(res.Crtcs) == 0 {
		return ErrNoOutput
	}
	output, crtc := res.Outputs[0], res.Crtcs[0]
	mode, err := d.mode(res, output, want)
	if err != nil {
		return err
	}
	if err := d.apply(want, crtc, mode, output, res.ConfigTimestamp); err != nil {
		return fmt.Errorf("display: resize to %v: %w", want, err)
	}
	d.dropModes(res, output, mode)
	return nil
}

// apply changes screen and CRTC. The CRTC must fit the screen at every moment,
// so the screen first grows to hold both sizes. Nobody else is served in
// between: no window manager lays out for a size on the way.
func (d *Display) apply(want image.Point, crtc randr.Crtc, mode randr.Mode, output randr.Output, config xproto.Timestamp) error {
	xproto.GrabServer(d.conn)
	defer xproto.UngrabServer(d.conn)
	have := d.Size()
	both := image.Pt(max(have.X, want.X), max(have.Y, want.Y))
	if err := d.setScreen(both); err != nil {
		return err
	}
	reply, err := randr.SetCrtcConfig(d.conn, crtc, xproto.TimeCurrentTime, config,
		0, 0, mode, randr.RotationRotate0, []randr.Output{output}).Reply()
	if err != nil {
		return err
	}
	if reply.Status != randr.SetConfigSuccess {
		return fmt.Errorf("status %d", reply.Status)
	}
	if both == want {
		return nil
	}
	return d.setScreen(want)
}

// setScreen sets the size in pixels, and in millimetres for 96 dots per inch.
func (d *Display) setScreen(size image.Point) error {
	mm := func(pixels int) uint32 { return uint32(pixels * 254 / 960) }
	return randr.SetScreenSizeChecked(d.conn, d.root, uint16(size.X), uint16(size.Y), mm(size.X), mm(size.Y)).Check()
}

// mode finds or makes a mode of the wanted size that the output may show.
func (d *Display) mode(res *randr.GetScreenResourcesCurrentReply, output randr.Output, want image.Point) (randr.Mode, error) {
	info, err := randr.GetOutputInfo(d.conn, output, res.ConfigTimestamp).Reply()
	if err != nil {
		return 0, fmt.Errorf("display: output: %w", err)
	}
	for _, m := range res.Modes {
		if int(m.Width) != want.X || int(m.Height) != want.Y {
			continue
		}
		for _, id := range info.Modes {
			if id == randr.Mode(m.Id) {
				return id, nil
			}
		}
		return randr.Mode(m.Id), d.addMode(output, randr.Mode(m.Id))
	}
	name := modeName(want)
	w, h := uint16(want.X), uint16(want.Y)
	made, err := randr.CreateMode(d.conn, d.root, randr.ModeInfo{
		// No screen hangs on this output: the timings only have to be in order.
		Width: w, HsyncStart: w + 1, HsyncEnd: w + 2, Htotal: w + 3,
		Height: h, VsyncStart: h + 1, VsyncEnd: h + 2, Vtotal: h + 3,
		DotClock: uint32(w+3) * uint32(h+3) * 60,
		NameLen:  uint16(len(name)),
	}, name).Reply()
	if err != nil {
		return 0, fmt.Errorf("display: make mode %s: %w", name, err)
	}
	return made.Mode, d.addMode(output, made.Mode)
}

func (d *Display) addMode(output randr.Output, mode randr.Mode) error {
	if err := randr.AddOutputModeChecked(d.conn, output, mode).Check(); err != nil {
		return fmt.Errorf("display: add mode: %w", err)
	}
	return nil
}

// dropModes takes away modes made here, except the one in use. Failing is
// harmless: another client may be using one.
func (d *Display) dropModes(res *randr.GetScreenResourcesCurrentReply, output randr.Output, keep randr.Mode) {
	names := res.Names
	for _, m := range res.Modes {
		n := min(int(m.NameLen), len(names))
		name := string(names[:n])
		names = names[n:]
		if randr.Mode(m.Id) != keep && name == modeName(image.Pt(int(m.Width), int(m.Height))) {
			_ = randr.DeleteOutputModeChecked(d.conn, output, randr.Mode(m.Id)).Check()
			_ = randr.DestroyModeChecked(d.conn, randr.Mode(m.Id)).Check()
		}
	}
}

func modeName(size image.Point) string { return fmt.Sprintf("easel-%dx%d", size.X, size.Y) }
