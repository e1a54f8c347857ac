package fallback

import (
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

// socket is a client's WebSocket. One goroutine reads; several may write.
type socket struct {
	ws      *websocket.Conn
	limits  Limits
	hear    func(word []byte) // text messages; nil ends the connection at the first
	message io.Reader         // binary, being read; nil between two
	hushed  atomic.Bool

	writing sync.Mutex
}

// maxWord bounds a text message.
const maxWord = 96 << 10

func newSocket(ws *websocket.Conn, limits Limits) *socket {
	s := &socket{ws: ws, limits: limits}
	ws.SetPongHandler(func(string) error { return s.extend() })
	return s
}

// extend is called for each sign of life.
func (s *socket) extend() error {
	err := s.ws.SetReadDeadline(time.Now().Add(s.limits.Silence))
	if s.hushed.Load() {
		s.hush()
	}
	return err
}

// hush ends reading.
func (s *socket) hush() {
	s.hushed.Store(true)
	_ = s.ws.SetReadDeadline(time.Unix(1, 0)) // on a closed connection it ends anyway
}

// Read reads the bytes of binary messages; text messages in between are heard.
func (s *socket) Read(p []byte) (int, error) {
	for {
		if s.message == nil {
			kind, message, err := s.ws.NextReader()
			if err != nil {
				return 0, err
			}
			if kind == websocket.TextMessage {
				if err := s.word(message); err != nil {
					return 0, err
				}
				continue
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

func (s *socket) word(message io.Reader) error {
	if s.hear == nil {
		return errText
	}
	word, err := io.ReadAll(io.LimitReader(message, maxWord+1))
	if err != nil {
		return err
	}
	if len(word) > maxWord {
		return errWord
	}
	if err := s.extend(); err != nil {
		return err
	}
	s.hear(word)
	return nil
}

// Write sends a binary message.
func (s *socket) Write(p []byte) (int, error) {
	if err := s.send(websocket.BinaryMessage, p); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (s *socket) send(kind int, p []byte) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if err := s.ws.SetWriteDeadline(time.Now().Add(s.limits.Write)); err != nil {
		return err
	}
	return s.ws.WriteMessage(kind, p)
}

func (s *socket) ping() error {
	return s.ws.WriteControl(websocket.PingMessage, nil, time.Now().Add(s.limits.Write))
}
