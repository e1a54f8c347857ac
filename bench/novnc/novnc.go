// Package novnc serves a page with the unmodified noVNC client, and the way that
// it takes without Easel: a WebSocket straight to an X server's RFB socket, as
// websockify makes one. Beside it one can see what the gateway costs, and that
// stock clients work with it.
package novnc

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/gorilla/websocket"
)

//go:embed page.html
var page []byte

// ErrNotThere says that noVNC is not in the folder that was named.
var ErrNotThere = errors.New("novnc: no noVNC there: npm ci in client/")

// Page is the page's server.
type Page struct{ server *httptest.Server }

// Serve serves noVNC from a folder, its npm package, and /straight to the RFB
// socket at a path, if that is not empty. It listens on loopback.
func Serve(folder, socket string) (*Page, error) {
	if _, err := os.Stat(filepath.Join(folder, "core", "rfb.js")); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotThere, err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /novnc/", http.StripPrefix("/novnc/", http.FileServer(http.Dir(folder))))
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(page) // a page that is not read is nobody's
	})
	if socket != "" {
		mux.HandleFunc("GET /straight", func(w http.ResponseWriter, r *http.Request) { straight(w, r, socket) })
	}
	return &Page{server: httptest.NewServer(mux)}, nil
}

// URL is the page's that shows the RFB server behind a WebSocket.
func (p *Page) URL(at string) string { return p.server.URL + "/?at=" + url.QueryEscape(at) }

// Straight is the WebSocket's URL that leads straight to the X server.
func (p *Page) Straight() string {
	return "ws" + strings.TrimPrefix(p.server.URL, "http") + "/straight"
}

// Close ends it.
func (p *Page) Close() error {
	p.server.CloseClientConnections()
	p.server.Close()
	return nil
}

// straight carries bytes between a WebSocket and a unix socket until one ends.
func straight(w http.ResponseWriter, r *http.Request, socket string) {
	x, err := net.Dial("unix", socket)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer x.Close()
	ws, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
	if err != nil { // Upgrade has answered
		return
	}
	defer ws.Close()
	go func() {
		defer ws.Close()
		buf := make([]byte, 64<<10)
		for {
			n, err := x.Read(buf)
			if err != nil || ws.WriteMessage(websocket.BinaryMessage, buf[:n]) != nil {
				return
			}
		}
	}()
	for {
		_, message, err := ws.NextReader()
		if err != nil {
			return
		}
		if _, err := io.Copy(x, message); err != nil {
			return
		}
	}
}
