package e2e

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"github.com/easel-live/easel/bench/browser"
	"github.com/easel-live/easel/bench/instance"
	"github.com/easel-live/easel/bench/machine"
)

// patience is how long anything may take on a busy machine before it counts as
// never.
const patience = 90 * time.Second

// binary is the server that `make build` made.
func binary(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs("../../bin/easel")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%v: run `make build` first", err)
	}
	return path
}

// serve starts a server of the test's own, and checks when the test is over that
// it left nothing behind.
func serve(t *testing.T) *instance.Instance {
	t.Helper()
	inst, err := instance.Start(t.Context(), binary(t), t.Output())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := inst.Close(); err != nil {
			t.Error(err)
		}
	})
	return inst
}

// start starts a session and checks at the end that nothing of it is left.
func start(t *testing.T, inst *instance.Instance) instance.Session {
	t.Helper()
	s, err := inst.StartSession(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := inst.EndSession(ctx, s.ID); err != nil && !strings.Contains(err.Error(), "not") {
			t.Error(err)
		}
		expectNothingLeft(t, s)
	})
	return s
}

// expectNothingLeft looks for processes, display locks and sockets of a session.
func expectNothingLeft(t *testing.T, s instance.Session) {
	t.Helper()
	eventually(t, "nothing of the session is left", func() error {
		if pids := pidsOf(s); len(pids) > 0 {
			return fmt.Errorf("processes %v", pids)
		}
		if s.Namespace != "" {
			return nil // its sockets were in a folder of its own
		}
		number := strings.TrimPrefix(s.Display, ":")
		for _, path := range []string{"/tmp/.X" + number + "-lock", "/tmp/.X11-unix/X" + number} {
			if _, err := os.Lstat(path); err == nil {
				return fmt.Errorf("%s is still there", path)
			}
		}
		return nil
	})
}

// pidsOf finds the processes whose environment names the session, by command.
func pidsOf(s instance.Session) map[string]int {
	found := make(map[string]int)
	environs, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, path := range environs {
		env, err := os.ReadFile(path)
		if err != nil || !strings.Contains("\x00"+string(env), "\x00EASEL_SESSION="+s.ID+"\x00") {
			continue
		}
		var pid int
		if _, err := fmt.Sscanf(path, "/proc/%d/environ", &pid); err != nil {
			continue
		}
		comm, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
		if err != nil {
			continue
		}
		found[strings.TrimSpace(string(comm))] = pid
	}
	return found
}

// kill kills one process of a session the hard way.
func kill(t *testing.T, s instance.Session, command string) int {
	t.Helper()
	for name, pid := range pidsOf(s) {
		if strings.HasPrefix(name, command) {
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			return pid
		}
	}
	t.Fatalf("no %s among %v", command, pidsOf(s))
	return 0
}

// open opens a session in a browser of its own with a role, and waits for the
// picture.
func open(t *testing.T, inst *instance.Instance, s instance.Session, role string) *browser.Browser {
	t.Helper()
	link, err := inst.Link(t.Context(), s.ID, role)
	if err != nil {
		t.Fatal(err)
	}
	b := chromium(t, 1280, 800)
	if err := b.Open(link); err != nil {
		t.Fatal(err)
	}
	waitPicture(t, b)
	return b
}

func chromium(t *testing.T, width, height int) *browser.Browser {
	t.Helper()
	b, err := browser.Start(context.Background(), browser.Options{Width: width, Height: height})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			keep(t, b, "failed")
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

func waitPicture(t *testing.T, b *browser.Browser) browser.Picture {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	p, err := b.WaitPicture(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// keep writes a screenshot where EASEL_SCREENSHOTS says, for a person to look at.
func keep(t *testing.T, b *browser.Browser, name string) {
	t.Helper()
	dir := os.Getenv("EASEL_SCREENSHOTS")
	if dir == "" {
		return
	}
	shot, err := b.Screenshot()
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, strings.ReplaceAll(t.Name(), "/", "-")+"-"+name+".png"), shot, 0o644)
	}
	if err != nil {
		t.Log(err)
	}
}

// eventually waits until check passes.
func eventually(t *testing.T, what string, check func() error) {
	t.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	deadline := time.Now().Add(patience)
	for {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: %v", what, err)
		}
		<-tick.C
	}
}

// whitePNG puts a white picture into the session's workspace.
func whitePNG(t *testing.T, s instance.Session, name string, width, height int) string {
	t.Helper()
	return putPNG(t, s, name, white(width, height))
}

func white(width, height int) *image.Gray {
	img := image.NewGray(image.Rect(0, 0, width, height))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	return img
}

// putPNG puts a picture into the session's workspace, owned by who owns the
// workspace.
func putPNG(t *testing.T, s instance.Session, name string, img image.Image) string {
	t.Helper()
	path := filepath.Join(s.Workspace, name)
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(png.Encode(f, img), f.Close()); err != nil {
		t.Fatal(err)
	}
	var st syscall.Stat_t
	if err := syscall.Stat(s.Workspace, &st); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(path, int(st.Uid), int(st.Gid)); err != nil {
		t.Fatal(err)
	}
	return path
}

// readPNG reads a picture, once it is complete.
func readPNG(t *testing.T, path string) image.Image {
	t.Helper()
	var img image.Image
	eventually(t, "a picture at "+path, func() error {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		img, err = png.Decode(f)
		return err
	})
	return img
}

// darkBox is the bounding box of the dark pixels, and how many there are.
func darkBox(img image.Image) (image.Rectangle, int) {
	box, n := image.Rectangle{}, 0
	b := img.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			if color.GrayModel.Convert(img.At(x, y)).(color.Gray).Y < 96 {
				box = box.Union(image.Rect(x, y, x+1, y+1))
				n++
			}
		}
	}
	return box, n
}

// write types text as a person would.
func write(t *testing.T, b *browser.Browser, text string) {
	t.Helper()
	for _, r := range text {
		press(t, b, string(r))
	}
}

func press(t *testing.T, b *browser.Browser, key string, modifiers ...kb.Modifier) {
	t.Helper()
	if err := b.Key(key, modifiers...); err != nil {
		t.Fatal(err)
	}
}

// windows are the titles of the windows on a session's display.
func windows(t *testing.T, s instance.Session) []string {
	t.Helper()
	cmd := exec.Command("xwininfo", "-root", "-tree")
	cmd.Env = append(os.Environ(), "DISPLAY="+s.Display, "XAUTHORITY="+authority(s))
	machine.Enter(cmd, s.Namespace)
	out, err := cmd.Output()
	if err != nil {
		return nil
	}
	var titles []string
	for line := range strings.Lines(string(out)) {
		if _, rest, ok := strings.Cut(line, `"`); ok {
			title, _, _ := strings.Cut(rest, `":`)
			titles = append(titles, title)
		}
	}
	return titles
}

// authority is the X authority file of a session.
func authority(s instance.Session) string { return setting(s, "XAUTHORITY") }

// setting is a variable of the environment of a session's processes.
func setting(s instance.Session, name string) string {
	for _, pid := range pidsOf(s) {
		env, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
		if err != nil {
			continue
		}
		for entry := range strings.SplitSeq(string(env), "\x00") {
			if value, ok := strings.CutPrefix(entry, name+"="); ok {
				return value
			}
		}
	}
	return ""
}

// waitWindow waits for a window whose title contains text, or for its end.
func waitWindow(t *testing.T, s instance.Session, text string, there bool) {
	t.Helper()
	eventually(t, fmt.Sprintf("window %q there=%v", text, there), func() error {
		return window(t, s, text, there)
	})
}

func window(t *testing.T, s instance.Session, text string, there bool) error {
	t.Helper()
	titles := windows(t, s)
	if found := strings.Contains(strings.Join(titles, "\n"), text); found != there {
		return fmt.Errorf("the windows are %q", titles)
	}
	return nil
}

// again is after how long a person tries again: GIMP hears nothing while it opens
// a window.
const again = 5 * time.Second

// retry acts, and acts again now and then, until check passes.
func retry(t *testing.T, what string, check func() error, act func()) {
	t.Helper()
	var acted time.Time
	eventually(t, what, func() error {
		err := check()
		if err != nil && time.Since(acted) > again {
			act()
			acted = time.Now()
		}
		return err
	})
}

// pressFor presses a key until a window is there, or gone.
func pressFor(t *testing.T, b *browser.Browser, s instance.Session, text string, there bool, key string, modifiers ...kb.Modifier) {
	t.Helper()
	retry(t, fmt.Sprintf("after %q, window %q there=%v", key, text, there),
		func() error { return window(t, s, text, there) },
		func() { press(t, b, key, modifiers...) })
}
