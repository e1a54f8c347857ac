package tunnel

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/gorilla/websocket"
)

// A yamux frame is a header of 12 bytes, whose second byte is its type and
// whose last four are the length of what follows if the type is data
// (yamux, spec.md, "Framing").
const (
	frameHeader = 12
	frameData   = 0
)

// maxMessage bounds a WebSocket message: a frame with as much as one window.
const maxMessage = frameHeader + 256<<10

// socket is a WebSocket's binary messages as a stream of bytes. One goroutine
// reads and one writes, as yamux does.
type socket struct {
	ws      *websocket.Conn
	message io.Reader // being read; nil between two
	head    []byte    // a data frame's header that waits for its data
}

func newSocket(ws *websocket.Conn) *socket {
	ws.SetReadLimit(maxMessage)
	return &socket{ws: ws}
}

// Read implements io.Reader across messages.
func (s *socket) Read(p []byte) (int, error) {
	for {
		if s.message == nil {
			kind, message, err := s.ws.NextReader()
			if err != nil {
				return 0, err
			}
			if kind != websocket.BinaryMessage {
				return 0, fmt.Errorf("%w: a text message", ErrProtocol)
			}
			s.message = message
		}
		n, err := s.message.Read(p)
		if err == io.EOF {
			s.message, err = nil, nil
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// Write sends a message. yamux writes header and data of a frame one after the
// other: they leave as one message, which halves the system calls of a hand's
// small packets.
func (s *socket) Write(p []byte) (int, error) {
	if s.head == nil && len(p) == frameHeader && p[1] == frameData && binary.BigEndian.Uint32(p[8:]) > 0 {
		s.head = append(make([]byte, 0, frameHeader), p...)
		return len(p), nil
	}
	w, err := s.ws.NextWriter(websocket.BinaryMessage)
	if err != nil {
		return 0, err
	}
	if s.head != nil {
		if _, err := w.Write(s.head); err != nil {
			return 0, err
		}
		s.head = nil
	}
	n, err := w.Write(p)
	if err != nil {
		return n, err
	}
	return n, w.Close()
}

func (s *socket) Close() error                       { return s.ws.Close() }
func (s *socket) LocalAddr() net.Addr                { return s.ws.LocalAddr() }
func (s *socket) RemoteAddr() net.Addr               { return s.ws.RemoteAddr() }
func (s *socket) SetReadDeadline(t time.Time) error  { return s.ws.SetReadDeadline(t) }
func (s *socket) SetWriteDeadline(t time.Time) error { return s.ws.SetWriteDeadline(t) }

// SetDeadline implements net.Conn.
func (s *socket) SetDeadline(t time.Time) error {
	if err := s.SetReadDeadline(t); err != nil {
		return err
	}
	return s.SetWriteDeadline(t)
}
