package https

import (
	"bufio"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

// TestThePagesPortTakesTURN: what a client says first inside TLS tells a TURN
// client from a page's, whatever ALPN came to.
func TestThePagesPortTakesTURN(t *testing.T) {
	f := issued(t)
	port, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	split := Split(port, f.Config())
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.TLS != nil {
			io.WriteString(w, "page")
		}
	})}
	served := make(chan error, 1)
	go func() { served <- server.Serve(split) }()
	relayed := make(chan string, 8)
	go func() {
		for {
			conn, err := split.Relayed().Accept()
			if err != nil {
				close(relayed)
				return
			}
			said := make([]byte, 4)
			_, err = io.ReadFull(conn, said)
			relayed <- string(said)
			conn.Close()
			if err != nil {
				t.Error(err)
			}
		}
	}()
	dial := func(protocols ...string) *tls.Conn {
		t.Helper()
		conn, err := tls.Dial("tcp", port.Addr().String(), &tls.Config{InsecureSkipVerify: true, NextProtos: protocols})
		if err != nil {
			t.Fatal(err)
		}
		conn.SetDeadline(time.Now().Add(20 * time.Second))
		return conn
	}
	for _, protocols := range [][]string{nil, {"http/1.1"}} {
		conn := dial(protocols...)
		if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		if body, err := io.ReadAll(resp.Body); err != nil || string(body) != "page" {
			t.Errorf("ALPN %q: %q %v", protocols, body, err)
		}
		conn.Close()
	}
	allocate := "\x00\x03\x00\x08"
	for _, protocols := range [][]string{nil, {"http/1.1"}, {"stun.turn"}} {
		conn := dial(protocols...)
		if _, err := io.WriteString(conn, allocate); err != nil {
			t.Fatal(err)
		}
		if got := <-relayed; got != allocate {
			t.Errorf("ALPN %q: the relay heard %q", protocols, got)
		}
		conn.Close()
	}

	// Nobody relays any more: pages go on.
	if err := split.Relayed().Close(); err != nil {
		t.Error(err)
	}
	<-relayed
	conn := dial()
	if _, err := io.WriteString(conn, allocate); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		var reset *net.OpError
		if !errors.As(err, &reset) {
			t.Errorf("a TURN client without a relay: %v", err)
		}
	}
	conn.Close()
	if err := server.Close(); err != nil {
		t.Error(err)
	}
	if err := <-served; err != http.ErrServerClosed {
		t.Error(err)
	}
}
