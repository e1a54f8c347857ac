// Package heed tells whether GIMP has acted on what was played on its display. It
// asks over X, as window managers find out which programs hang.
//
// Two things wait for it. A person's own tools are set after everything of the last
// person's was done (package tools). And a press is played only when GIMP has come
// to the release before it (gate.go): GIMP grabs the pointer when it comes to a press
// and lets go of it when it comes to the release, so one that is behind would have
// the X server give it the motion of the next stroke without its press, and join the
// two. Waiting costs nothing that is felt, for GIMP would hear of the press as late.
package heed

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// errNoWindow says that GIMP shows no window that answers.
var errNoWindow = errors.New("heed: GIMP shows no window")

// gimpClass is what GIMP's windows have in their WM_CLASS.
const gimpClass = "gimp"

// Watcher asks the GIMP on one display whether it has caught up: with _NET_WM_PING (EWMH), by
// which window managers tell programs that hang. A program answers it when it
// comes to it among its other events, so by then it has acted on those before.
type Watcher struct {
	conn  *xgb.Conn
	root  xproto.Window
	atoms map[string]xproto.Atom

	mu      sync.Mutex
	serial  uint32
	answers map[uint32]chan struct{} // by serial
	ended   sync.WaitGroup
}

// Open connects to a display.
func Open(display string) (*Watcher, error) {
	conn, err := xgb.NewConnDisplay(display)
	if err != nil {
		return nil, fmt.Errorf("heed: %w", err)
	}
	w := &Watcher{
		conn: conn, root: xproto.Setup(conn).DefaultScreen(conn).Root,
		atoms: make(map[string]xproto.Atom), answers: make(map[uint32]chan struct{}),
	}
	for _, name := range []string{"_NET_CLIENT_LIST", "_NET_WM_PING", "WM_PROTOCOLS"} {
		reply, err := xproto.InternAtom(conn, false, uint16(len(name)), name).Reply()
		if err != nil {
			conn.Close()
			return nil, fmt.Errorf("heed: %w", err)
		}
		w.atoms[name] = reply.Atom
	}
	// Answers go to the root window.
	err = xproto.ChangeWindowAttributesChecked(conn, w.root, xproto.CwEventMask, []uint32{xproto.EventMaskSubstructureNotify}).Check()
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("heed: %w", err)
	}
	w.ended.Go(w.run)
	return w, nil
}

// Close ends the connection.
func (w *Watcher) Close() {
	w.conn.Close()
	w.ended.Wait()
}

// run passes answers on until the connection ends.
func (w *Watcher) run() {
	for {
		event, err := w.conn.WaitForEvent()
		if event == nil && err == nil {
			return
		}
		m, is := event.(xproto.ClientMessageEvent)
		if !is || m.Type != w.atoms["WM_PROTOCOLS"] || m.Format != 32 {
			continue
		}
		if data := m.Data.Data32; len(data) > 1 && xproto.Atom(data[0]) == w.atoms["_NET_WM_PING"] {
			w.mu.Lock()
			if answer := w.answers[data[1]]; answer != nil {
				delete(w.answers, data[1])
				close(answer)
			}
			w.mu.Unlock()
		}
	}
}

// Heed waits until GIMP has acted on every event that the X server had for it
// when it was called. A display without a window of GIMP's is an error at once.
func (w *Watcher) Heed(ctx context.Context) error {
	window, err := w.window()
	if err != nil {
		return err
	}
	answer := make(chan struct{})
	w.mu.Lock()
	w.serial++
	serial := w.serial
	w.answers[serial] = answer
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		delete(w.answers, serial)
		w.mu.Unlock()
	}()
	// The serial stands where window managers put a time stamp: theirs are not
	// as small.
	ping := xproto.ClientMessageEvent{
		Format: 32, Window: window, Type: w.atoms["WM_PROTOCOLS"],
		Data: xproto.ClientMessageDataUnionData32New([]uint32{uint32(w.atoms["_NET_WM_PING"]), serial, uint32(window), 0, 0}),
	}
	if err := xproto.SendEventChecked(w.conn, false, window, 0, string(ping.Bytes())).Check(); err != nil {
		return fmt.Errorf("heed: %w", err)
	}
	select {
	case <-answer:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// window is one of GIMP's that answers; which one does not matter, since they
// share one connection to the X server.
func (w *Watcher) window() (xproto.Window, error) {
	list, err := w.property(w.root, "_NET_CLIENT_LIST", xproto.AtomWindow)
	if err != nil {
		return 0, err
	}
	for ; len(list) >= 4; list = list[4:] {
		window := xproto.Window(xgb.Get32(list))
		if w.isGIMP(window) && w.answersPings(window) {
			return window, nil
		}
	}
	return 0, errNoWindow
}

func (w *Watcher) isGIMP(window xproto.Window) bool {
	reply, err := xproto.GetProperty(w.conn, false, window, xproto.AtomWmClass, xproto.AtomString, 0, 64).Reply()
	if err != nil {
		return false
	}
	names := strings.Split(strings.ToLower(string(reply.Value)), "\x00")
	return slices.ContainsFunc(names, func(n string) bool { return n == gimpClass || strings.HasPrefix(n, gimpClass+"-") })
}

func (w *Watcher) answersPings(window xproto.Window) bool {
	protocols, err := w.property(window, "WM_PROTOCOLS", xproto.AtomAtom)
	for ; err == nil && len(protocols) >= 4; protocols = protocols[4:] {
		if xproto.Atom(xgb.Get32(protocols)) == w.atoms["_NET_WM_PING"] {
			return true
		}
	}
	return false
}

func (w *Watcher) property(window xproto.Window, name string, kind xproto.Atom) ([]byte, error) {
	reply, err := xproto.GetProperty(w.conn, false, window, w.atoms[name], kind, 0, 1024).Reply()
	if err != nil {
		return nil, fmt.Errorf("heed: %w", err)
	}
	return reply.Value, nil
}
