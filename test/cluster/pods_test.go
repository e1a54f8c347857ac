package cluster

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/easel-live/easel/bench/browser"
)

// buildWithin is how long making a Debian, two images and a machine may take.
const buildWithin = 20 * time.Minute

// real is the one machine that runs pods, with the images on it, for whoever asks
// first.
var real struct {
	sync.Once
	machine *Machine
	err     error
}

func machine(t *testing.T) *Machine {
	t.Helper()
	real.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), buildWithin)
		defer cancel()
		if real.machine, real.err = one.AddMachine(ctx); real.err == nil {
			one.cleanup = append(one.cleanup, real.machine.Remove)
			real.err = real.machine.Build(ctx)
		}
	})
	if errors.Is(real.err, ErrNoMachine) {
		t.Skip("NOT TESTED: ", real.err)
	}
	must(t, real.err)
	return real.machine
}

// TestRealPods: the chart's server, in a pod of the image that our Dockerfile
// makes, starts GIMP in another at a request of its REST API; a person paints on
// it from a real browser by WebRTC. The pod is killed and the session goes on, on
// its files and with its people; it is ended, and resumed with what was painted.
func TestRealPods(t *testing.T) {
	machine(t)
	r := install(t)
	id := r.start("")
	r.isolated(id)
	r.upload(id, "canvas.png", white(640, 480))

	b := r.browser(id)
	must(t, r.openImage(id, "canvas.png"))
	paint(t, b)
	via, err := b.Transport()
	must(t, err)
	if via.Via() != "webrtc-udp" {
		t.Errorf("the canvas comes by %s", via.Via())
	}
	keep(t, b, "painted")
	people := r.people(id)
	if len(people) != 1 {
		t.Fatalf("the people: %+v", people)
	}

	// The image is not saved: what is recovered is the copy that Easel makes.
	r.copied(id)
	before := r.kill(id)
	eventually(t, "another pod", func(ctx context.Context) error {
		now, err := r.pod(ctx, id)
		if err == nil && (now.UID == before.UID || !isReady(now)) {
			err = fmt.Errorf("%s is %s", now.Name, now.Status.Phase)
		}
		return err
	})
	r.recovers(id, b)
	if now := r.people(id); !slices.Equal(now, people) {
		t.Errorf("the people were %+v and are %+v", people, now)
	}
	keep(t, b, "moved")

	r.end(id)
	if again := r.start(id); again != id {
		t.Errorf("session %s was resumed as %s", id, again)
	}
	must(t, b.Open(r.url+"/s/"+id))
	must(t, r.openImage(id, "canvas.png"))
	eventually(t, "the picture", func(context.Context) error { return bright(b) })
	keep(t, b, "resumed")
	r.end(id)
}

// isolated checks that the pod that runs has what the cluster enforces, seen from
// within: no way to the API server's credentials, no root, nothing to write but
// its volumes.
func (r *release) isolated(id string) {
	r.t.Helper()
	pod, err := r.pod(r.t.Context(), id)
	must(r.t, err)
	ns, err := one.client.CoreV1().Namespaces().Get(r.t.Context(), r.sessions, metav1.GetOptions{})
	must(r.t, err)
	if ns.Labels["pod-security.kubernetes.io/enforce"] != "restricted" {
		r.t.Errorf("the sessions' namespace has %v", ns.Labels)
	}
	for _, v := range pod.Spec.Volumes {
		if v.Projected != nil || v.HostPath != nil {
			r.t.Errorf("the pod has the volume %+v", v)
		}
	}
}

// loggedIn starts a browser that is logged in.
func (r *release) loggedIn() *browser.Browser {
	t := r.t
	t.Helper()
	b, err := browser.Start(context.Background(), browser.Options{Width: 1280, Height: 800})
	must(t, err)
	t.Cleanup(func() {
		if t.Failed() {
			keep(t, b, "failed")
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	must(t, b.Open(r.link))
	return b
}

// browser opens a session in a browser, as its owner, and waits for the picture.
func (r *release) browser(id string) *browser.Browser {
	r.t.Helper()
	b := r.loggedIn()
	must(r.t, b.Open(r.url+"/s/"+id))
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	_, err := b.WaitPicture(ctx)
	must(r.t, err)
	return b
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
		err = os.WriteFile(filepath.Join(dir, t.Name()+"-"+name+".png"), shot, 0o644)
	}
	if err != nil {
		t.Log(err)
	}
}

// again is after how long a person tries again.
const again = 5 * time.Second

// paint draws a line across the white image, again if GIMP did not listen yet,
// until it is in the picture.
func paint(t *testing.T, b *browser.Browser) {
	t.Helper()
	eventually(t, "the white image", func(context.Context) error { return bright(b) })
	var drawn time.Time
	eventually(t, "the stroke is in the picture", func(context.Context) error {
		err := dark(b)
		if err != nil && time.Since(drawn) > again {
			drawn = time.Now()
			return errors.Join(err, stroke(b))
		}
		return err
	})
}

// The line that is drawn, in shares of the picture.
const left, right, height = 0.375, 0.625, 0.5

func stroke(b *browser.Browser) error {
	p, err := b.Picture()
	if err != nil {
		return err
	}
	x, y := p.At(left, height)
	errs := []error{b.Key("n"), b.Key("d"), b.Move(x, y, false), b.Press(x, y)}
	const n = 40
	for i := range n {
		x, y = p.At(left+(right-left)*float64(i+1)/n, height)
		errs = append(errs, b.Move(x, y, true))
	}
	return errors.Join(append(errs, b.Release(x, y))...)
}

// The picture is looked at with a grid, where the line goes between two columns.
const grid, from, to = 64, 26, 38

// dark checks that the line is in the picture.
func dark(b *browser.Browser) error {
	n, all, err := count(b, func(luma int) bool { return luma < 96 })
	if err == nil && n < all*9/10 {
		err = fmt.Errorf("the line is dark at %d of %d places", n, all)
	}
	return err
}

// bright checks that the white image is, above where the line comes.
func bright(b *browser.Browser) error {
	lumas, err := b.Lumas(grid, grid)
	if err != nil {
		return err
	}
	const above int = height*grid - grid/10
	row := lumas[above*grid:][:grid]
	if slices.Min(row[from:to]) < 240 {
		return fmt.Errorf("there is no white in %v", row)
	}
	return nil
}

// count counts the places along the line where any of three rows is such.
func count(b *browser.Browser, such func(luma int) bool) (n, all int, err error) {
	lumas, err := b.Lumas(grid, grid)
	if err != nil {
		return 0, 0, err
	}
	const middle int = height * grid
	for c := from; c < to; c++ {
		for r := middle - 1; r <= middle+1; r++ {
			if such(lumas[r*grid+c]) {
				n++
				break
			}
		}
	}
	return n, to - from, nil
}

func white(width, height int) image.Image {
	img := image.NewGray(image.Rect(0, 0, width, height))
	draw.Draw(img, img.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	return img
}

// upload puts a picture into a session's files, by tus.
func (r *release) upload(id, name string, img image.Image) {
	r.t.Helper()
	var raw bytes.Buffer
	must(r.t, png.Encode(&raw, img))
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, r.url+"/api/v1/sessions/"+id+"/files/uploads", &raw)
	must(r.t, err)
	for key, value := range map[string]string{
		"Tus-Resumable": "1.0.0", "Upload-Length": fmt.Sprint(raw.Len()), "Upload-Metadata": "filename " + base64.StdEncoding.EncodeToString([]byte(name)),
		"Content-Type": "application/offset+octet-stream",
	} {
		req.Header.Set(key, value)
	}
	resp, err := r.client.Do(req)
	must(r.t, err)
	resp.Body.Close()
	if resp.StatusCode != http.StatusCreated {
		r.t.Fatalf("the upload: %s", resp.Status)
	}
}

// openImage has GIMP open a file, once it listens.
func (r *release) openImage(id, path string) error {
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	return one.until(ctx, "GIMP opens "+path, func(ctx context.Context) error {
		return r.ask(ctx, http.MethodPost, "/sessions/"+id+"/files/images", map[string]any{"path": path}, nil)
	})
}

// person is who is in a room, as the API says.
type person struct {
	Person, Name, Role string
	Windows            int
	Drawing            bool
}

func (r *release) people(id string) []person {
	r.t.Helper()
	var list struct{ People []person }
	must(r.t, r.ask(r.t.Context(), http.MethodGet, "/sessions/"+id+"/people", nil, &list))
	return list.People
}

// kill kills a session's pod as a machine's failure does, without a word before.
func (r *release) kill(id string) *corev1.Pod {
	r.t.Helper()
	pod, err := r.pod(r.t.Context(), id)
	must(r.t, err)
	now := int64(0)
	must(r.t, one.client.CoreV1().Pods(r.sessions).Delete(r.t.Context(), pod.Name, metav1.DeleteOptions{GracePeriodSeconds: &now}))
	return pod
}

// copied waits until Easel has copied what nobody saved into the workspace, on
// the volume.
func (r *release) copied(id string) {
	r.t.Helper()
	pattern := filepath.Join(volumes, "*", id, ".easel", "recovery", "*", "info.json")
	eventually(r.t, "a copy of the image", func(context.Context) error {
		found, err := filepath.Glob(pattern)
		if err == nil && len(found) == 0 {
			err = errors.New("there is none")
		}
		return err
	})
}

// recovers opens the copy of what was lost with the pod, and sees the line in it.
func (r *release) recovers(id string, b *browser.Browser) {
	r.t.Helper()
	eventually(r.t, "the image is recovered", func(ctx context.Context) error {
		var state struct{ Lost []struct{ ID string } }
		if err := r.ask(ctx, http.MethodGet, "/sessions/"+id+"/files/images", nil, &state); err != nil {
			return err
		}
		if len(state.Lost) == 0 {
			return errors.New("nothing is said to be lost")
		}
		return r.ask(ctx, http.MethodPost, "/sessions/"+id+"/files/lost/"+state.Lost[0].ID, nil, nil)
	})
	eventually(r.t, "the line of the lost image", func(context.Context) error { return errors.Join(bright(b), dark(b)) })
}
