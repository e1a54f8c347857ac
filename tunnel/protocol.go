package tunnel

import (
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/hashicorp/yamux"
)

// Path is where a server takes tunnels.
const Path = "/tunnel"

// Errors of opening a stream.
var (
	ErrNoTunnel  = errors.New("tunnel: the session's agent is not connected")
	ErrNoService = errors.New("tunnel: the agent has no such service")
	ErrBusy      = errors.New("tunnel: too many streams at once")
	ErrProtocol  = errors.New("tunnel: protocol violation")
)

const (
	// maxStreams bounds the streams of one tunnel at once.
	maxStreams = 512
	// maxName bounds a service's name; its length is one byte.
	maxName = 64
	// openTimeout bounds naming a service and hearing whether it is there.
	openTimeout = 10 * time.Second
	// quietTimeout is when a tunnel that says nothing counts as lost: a
	// keepalive goes out every third of it.
	quietTimeout = 15 * time.Second
)

// status answers the naming of a service.
type status byte

const (
	accepted status = iota
	unknown
	busy
)

func (s status) err() error {
	switch s {
	case accepted:
		return nil
	case unknown:
		return ErrNoService
	case busy:
		return ErrBusy
	default:
		return fmt.Errorf("%w: status %d", ErrProtocol, s)
	}
}

// multiplex are the settings of both ends.
func multiplex() *yamux.Config {
	c := yamux.DefaultConfig()
	c.AcceptBacklog = maxStreams
	c.KeepAliveInterval = quietTimeout / 3
	c.ConnectionWriteTimeout = quietTimeout
	c.StreamOpenTimeout = openTimeout
	c.StreamCloseTimeout = openTimeout
	c.LogOutput = io.Discard // what matters comes back as errors
	return c
}

// ask names a service on a fresh stream and waits for the answer.
func ask(stream net.Conn, service string) error {
	if service == "" || len(service) > maxName {
		return fmt.Errorf("%w: service name of %d bytes", ErrProtocol, len(service))
	}
	if err := stream.SetDeadline(time.Now().Add(openTimeout)); err != nil {
		return err
	}
	if _, err := stream.Write(append([]byte{byte(len(service))}, service...)); err != nil {
		return err
	}
	var answer [1]byte
	if _, err := io.ReadFull(stream, answer[:]); err != nil {
		return err
	}
	if err := status(answer[0]).err(); err != nil {
		return err
	}
	return stream.SetDeadline(time.Time{})
}

// asked reads the name of the service that a fresh stream is for.
func asked(stream net.Conn) (string, error) {
	if err := stream.SetDeadline(time.Now().Add(openTimeout)); err != nil {
		return "", err
	}
	var head [1]byte
	if _, err := io.ReadFull(stream, head[:]); err != nil {
		return "", err
	}
	if head[0] == 0 || head[0] > maxName {
		return "", fmt.Errorf("%w: service name of %d bytes", ErrProtocol, head[0])
	}
	name := make([]byte, head[0])
	if _, err := io.ReadFull(stream, name); err != nil {
		return "", err
	}
	return string(name), stream.SetDeadline(time.Time{})
}

func answer(stream net.Conn, s status) error {
	_, err := stream.Write([]byte{byte(s)})
	return err
}
