// Command roomserver is signaling and sfu alone on loopback, for tests of
// clients that live in modules of their own: their LiveKit packages would not
// agree with the server's in one build.
//
// It accepts the development keys, prints its ws:// URL on standard output and
// runs until standard input ends.
package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"

	"github.com/easel-live/easel/sfu"
	"github.com/easel-live/easel/signaling"
	"github.com/easel-live/easel/signaling/token"
)

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "roomserver:", err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer) error {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	engine, err := sfu.NewEngine(sfu.Config{UDP: netip.MustParseAddrPort("127.0.0.1:0"), Log: log})
	if err != nil {
		return err
	}
	server, err := signaling.NewServer(signaling.Config{
		Keys:   token.Keys{"devkey": "easel-dev-secret-easel-dev-secret-00"},
		Engine: engine, Log: log,
	})
	if err != nil {
		return errors.Join(err, engine.Close())
	}
	mux := http.NewServeMux()
	server.Mount(mux)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return errors.Join(err, engine.Close())
	}
	web := &http.Server{Handler: mux}
	served := make(chan error, 1)
	go func() { served <- web.Serve(listener) }()
	fmt.Fprintf(out, "ws://%s\n", listener.Addr())

	_, err = io.Copy(io.Discard, in)
	server.Close()
	err = errors.Join(err, web.Close(), engine.Close())
	if end := <-served; !errors.Is(end, http.ErrServerClosed) {
		err = errors.Join(err, end)
	}
	return err
}
