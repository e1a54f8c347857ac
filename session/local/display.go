package local

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// socketDir is where X servers listen, X(7).
const socketDir = "/tmp/.X11-unix"

// display is a connection to a session's X server.
type display struct {
	conn *xgb.Conn
	root xproto.Window
	list xproto.Atom // _NET_CLIENT_LIST
	sup  xproto.Atom // _NET_SUPPORTING_WM_CHECK
	act  xproto.Atom // _NET_ACTIVE_WINDOW
}

// authConn speaks the connection setup with a session's own cookie. xgb takes
// cookies only from the XAUTHORITY of the process, which is one for all the
// sessions of a server; so its first write, the setup request, is replaced.
type authConn struct {
	net.Conn
	setup []byte
}

func (c *authConn) Write(b []byte) (int, error) {
	if c.setup == nil {
		return c.Conn.Write(b)
	}
	setup := c.setup
	c.setup = nil
	if _, err := c.Conn.Write(setup); err != nil {
		return 0, err
	}
	return len(b), nil
}

// setupRequest is the X11 connection setup, little endian, protocol 11.0.
func setupRequest(cookie []byte) []byte {
	pad := func(b []byte) []byte { return append(b, make([]byte, -len(b)&3)...) }
	b := []byte{'l', 0, 11, 0, 0, 0, byte(len(cookieName)), 0, byte(len(cookie)), 0, 0, 0}
	b = pad(append(b, cookieName...))
	return pad(append(b, cookie...))
}

// dialDisplay connects to an X server by its unix socket, with the cookie
// from an authority file made by writeXauthority.
func dialDisplay(name, xauthority string) (*display, error) {
	auth, err := os.ReadFile(xauthority)
	if err != nil {
		return nil, fmt.Errorf("display %s: %w", name, err)
	}
	if len(auth) < cookieBytes {
		return nil, fmt.Errorf("display %s: no cookie in %s", name, xauthority)
	}
	socket, err := net.Dial("unix", socketPath(name))
	if err != nil {
		return nil, fmt.Errorf("display %s: %w", name, err)
	}
	conn, err := xgb.NewConnNet(&authConn{Conn: socket, setup: setupRequest(auth[len(auth)-cookieBytes:])})
	if err != nil {
		socket.Close()
		return nil, fmt.Errorf("display %s: %w", name, err)
	}
	d := &display{conn: conn, root: xproto.Setup(conn).DefaultScreen(conn).Root}
	for name, atom := range map[string]*xproto.Atom{"_NET_CLIENT_LIST": &d.list, "_NET_SUPPORTING_WM_CHECK": &d.sup, "_NET_ACTIVE_WINDOW": &d.act} {
		reply, err := xproto.InternAtom(conn, false, uint16(len(name)), name).Reply()
		if err != nil {
			d.close()
			return nil, fmt.Errorf("display: %w", err)
		}
		*atom = reply.Atom
	}
	return d, nil
}

func (d *display) close() { d.conn.Close() }

// managed says whether a window manager is at work (EWMH,
// _NET_SUPPORTING_WM_CHECK): the window it names must exist, since a manager
// that was killed leaves the property behind.
func (d *display) managed() bool {
	reply, err := xproto.GetProperty(d.conn, false, d.root, d.sup, xproto.AtomWindow, 0, 1).Reply()
	if err != nil || len(reply.Value) < 4 {
		return false
	}
	_, err = xproto.GetWindowAttributes(d.conn, xproto.Window(xgb.Get32(reply.Value))).Reply()
	return err == nil
}

// shows says whether a window of a class is on the display: managed, mapped
// and of the class or instance name given.
func (d *display) shows(class string) bool { return d.find(class) != xproto.WindowNone }

// find finds the latest window of a class that is on the display.
func (d *display) find(class string) xproto.Window {
	reply, err := xproto.GetProperty(d.conn, false, d.root, d.list, xproto.AtomWindow, 0, 1024).Reply()
	if err != nil {
		return xproto.WindowNone
	}
	for b := reply.Value; len(b) >= 4; b = b[:len(b)-4] {
		w := xproto.Window(xgb.Get32(b[len(b)-4:]))
		if d.classOf(w, class) && d.viewable(w) {
			return w
		}
	}
	return xproto.WindowNone
}

// activate gives the keyboard to a window of a class unless one has it, and
// says whether one had it. The manager is asked as a pager asks (EWMH,
// _NET_ACTIVE_WINDOW, source 2), which it does not refuse: a program that was
// started while somebody typed is otherwise shown without the keyboard.
func (d *display) activate(class string) bool {
	reply, err := xproto.GetProperty(d.conn, false, d.root, d.act, xproto.AtomWindow, 0, 1).Reply()
	if err != nil {
		return false
	}
	if len(reply.Value) >= 4 && d.classOf(xproto.Window(xgb.Get32(reply.Value)), class) {
		return true
	}
	if w := d.find(class); w != xproto.WindowNone {
		const pager = 2
		message := xproto.ClientMessageEvent{
			Format: 32, Window: w, Type: d.act,
			Data: xproto.ClientMessageDataUnionData32New([]uint32{pager, xproto.TimeCurrentTime, 0, 0, 0}),
		}
		xproto.SendEvent(d.conn, false, d.root,
			xproto.EventMaskSubstructureNotify|xproto.EventMaskSubstructureRedirect, string(message.Bytes()))
	}
	return false
}

func (d *display) classOf(w xproto.Window, class string) bool {
	reply, err := xproto.GetProperty(d.conn, false, w, xproto.AtomWmClass, xproto.AtomString, 0, 64).Reply()
	if err != nil {
		return false
	}
	for name := range strings.SplitSeq(string(reply.Value), "\x00") {
		if strings.EqualFold(name, class) {
			return true
		}
	}
	return false
}

func (d *display) viewable(w xproto.Window) bool {
	reply, err := xproto.GetWindowAttributes(d.conn, w).Reply()
	return err == nil && reply.MapState == xproto.MapStateViewable
}

func displayNumber(name string) (int, error) {
	n, err := strconv.Atoi(strings.TrimPrefix(name, ":"))
	if err != nil || n < 0 || !strings.HasPrefix(name, ":") {
		return 0, fmt.Errorf("%q is not a display of this machine", name)
	}
	return n, nil
}

// socketPath is where the X server of a display listens.
func socketPath(name string) string {
	return filepath.Join(socketDir, "X"+strings.TrimPrefix(name, ":"))
}

// cleanDisplay removes the socket and the lock of an X server that was
// killed. A display that somebody answers on has a new owner and is left
// alone.
func cleanDisplay(name string) error {
	n, err := displayNumber(name)
	if err != nil {
		return nil // it never had one
	}
	path := socketPath(name)
	if conn, err := net.Dial("unix", path); err == nil {
		conn.Close()
		return nil
	} else if !errors.Is(err, syscall.ECONNREFUSED) && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("display %s: %w", name, err)
	}
	lock := fmt.Sprintf("/tmp/.X%d-lock", n)
	if b, err := os.ReadFile(lock); err == nil {
		pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
		if err == nil && identify(pid).alive() {
			return nil
		}
	}
	for _, file := range []string{path, lock} {
		if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("display %s: %w", name, err)
		}
	}
	return nil
}
