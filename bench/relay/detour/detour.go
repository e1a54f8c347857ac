package detour

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/easel-live/easel/bench/relay"
)

// maxMessage bounds a signal message, in bytes.
const maxMessage = 1 << 20

// Proxy is a server's front door with the relays behind it.
type Proxy struct {
	target *url.URL // http or https
	line   relay.Options
	web    *httputil.ReverseProxy
	http   http.Server
	addr   net.Addr

	ctx    context.Context // ends with the proxy
	cancel context.CancelFunc
	done   sync.WaitGroup

	mu     sync.Mutex
	relays map[netip.AddrPort]*relay.Relay // nil once closed
	ended  error                           // of the HTTP server
}

// Open serves a proxy to the server at target (http, https, ws or wss) on a free
// loopback port. Media goes through relays with the conditions of line, whose
// addresses are filled in here.
func Open(target string, line relay.Options) (*Proxy, error) {
	u, err := url.Parse(target)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("detour: server URL %q", target)
	}
	u.Scheme = strings.Replace(u.Scheme, "ws", "http", 1)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("detour: %w", err)
	}
	p := &Proxy{
		target: u, line: line, addr: listener.Addr(),
		web: &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(u)
			r.Out.Host = r.In.Host // the page's origin stays the proxy's
		}},
		relays: make(map[netip.AddrPort]*relay.Relay),
	}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	p.http = http.Server{Handler: p, ReadHeaderTimeout: 10 * time.Second}
	p.done.Go(func() {
		if err := p.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			p.ended = err
		}
	})
	return p, nil
}

// URL is what clients are given instead of the server's, with the scheme ws.
func (p *Proxy) URL() string { return "ws://" + p.addr.String() }

// Change replaces the conditions of all lines, those to come included.
func (p *Proxy) Change(up, down relay.Conditions) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.line.Up, p.line.Down = up, down
	var problems error
	for _, r := range p.relays {
		problems = errors.Join(problems, r.Change(up, down))
	}
	return problems
}

// Verdict sums up what became of the packets of all clients.
func (p *Proxy) Verdict() (up, down relay.Verdict) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.relays {
		u, d := r.Verdict()
		up.Add(u)
		down.Add(d)
	}
	return up, down
}

// Close ends every connection and relay, and waits for them.
func (p *Proxy) Close() error {
	p.mu.Lock()
	relays := p.relays
	p.relays = nil
	p.mu.Unlock()
	p.cancel()
	errs := []error{p.http.Close()}
	for _, r := range relays {
		errs = append(errs, r.Close())
	}
	p.done.Wait()
	return errors.Join(append(errs, p.ended)...)
}

// through is the relay to a media address of the server, begun on first use.
func (p *Proxy) through(server netip.AddrPort) (netip.AddrPort, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.relays == nil {
		return netip.AddrPort{}, http.ErrServerClosed
	}
	if r, ok := p.relays[server]; ok {
		return r.Addr(), nil
	}
	line := p.line
	line.Server, line.Listen = server, netip.MustParseAddrPort("127.0.0.1:0")
	r, err := relay.Listen(line)
	if err != nil {
		return netip.AddrPort{}, err
	}
	p.relays[server] = r
	return r.Addr(), nil
}

// ServeHTTP passes a request on; signal connections are rewritten on the way.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !websocket.IsWebSocketUpgrade(r) || !strings.HasPrefix(r.URL.Path, "/rtc") {
		p.web.ServeHTTP(w, r)
		return
	}
	query := r.URL.Query()
	if param := query.Get("join_request"); param != "" {
		rewritten, err := joinRequest(param)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		query.Set("join_request", rewritten)
	}
	p.signal(w, r, query)
}

func (p *Proxy) signal(w http.ResponseWriter, r *http.Request, query url.Values) {
	u := *p.target
	u.Scheme = strings.Replace(u.Scheme, "http", "ws", 1)
	u.Path, u.RawQuery = r.URL.Path, query.Encode()
	header := http.Header{}
	if a := r.Header.Get("Authorization"); a != "" {
		header.Set("Authorization", a)
	}
	server, resp, err := websocket.DefaultDialer.DialContext(r.Context(), u.String(), header)
	if err != nil {
		status := http.StatusBadGateway
		if resp != nil {
			status = resp.StatusCode
		}
		http.Error(w, err.Error(), status)
		return
	}
	// The proxy is for whoever may reach loopback; the server checks the token.
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	client, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		_ = server.Close()
		return
	}
	p.join(client, server)
}

// join copies messages both ways until either side or the proxy ends; then both
// do. A hijacked connection is not the HTTP server's to wait for but the proxy's.
func (p *Proxy) join(client, server *websocket.Conn) {
	ctx, cancel := context.WithCancel(p.ctx)
	defer cancel()
	stop := context.AfterFunc(ctx, func() {
		_ = client.Close()
		_ = server.Close()
	})
	defer stop()
	if !p.hold() {
		_, _ = client.Close(), server.Close()
		return
	}
	defer p.done.Done()
	var back sync.WaitGroup
	back.Go(func() {
		pump(client, server, func(raw []byte) ([]byte, bool, error) { return fromServer(raw, p.through) })
		cancel()
	})
	pump(server, client, fromClient)
	cancel()
	back.Wait()
}

// hold makes Close wait for one more; false when it has begun.
func (p *Proxy) hold() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.relays == nil {
		return false
	}
	p.done.Add(1)
	return true
}

// pump copies messages from one side to the other until one of them ends.
func pump(to, from *websocket.Conn, rewrite func([]byte) ([]byte, bool, error)) {
	from.SetReadLimit(maxMessage)
	for {
		kind, raw, err := from.ReadMessage()
		if err != nil {
			passClose(to, err)
			return
		}
		pass := true
		if kind == websocket.BinaryMessage {
			if raw, pass, err = rewrite(raw); err != nil {
				return
			}
		}
		if pass && to.WriteMessage(kind, raw) != nil {
			return
		}
	}
}

// passClose tells one side how the other ended.
func passClose(to *websocket.Conn, err error) {
	var closed *websocket.CloseError
	if errors.As(err, &closed) && closed.Code != websocket.CloseNoStatusReceived && closed.Code != websocket.CloseAbnormalClosure {
		message := websocket.FormatCloseMessage(closed.Code, closed.Text)
		_ = to.WriteControl(websocket.CloseMessage, message, time.Now().Add(time.Second))
	}
}
