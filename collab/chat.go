package collab

import (
	"errors"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/time/rate"
)

// Limits of the chat.
const (
	MaxSaidBytes  = 4 << 10   // of one message, UTF-8
	MaxFileBytes  = 8 << 20   // of one file
	maxSaid       = 200       // messages kept for those who come later
	maxKeptBytes  = 128 << 10 // of their texts
	saidPerSecond = 1
	saidAtOnce    = 8
)

// Why something was not said. The texts are for people.
var (
	ErrChatMuted = errors.New("the chat is muted")
	ErrTooFast   = errors.New("that was too much at once: wait a moment")
	ErrTooLong   = errors.New("that message is too long")
	ErrNoText    = errors.New("that message has no readable text")
	ErrFileSize  = errors.New("files in the chat have at most 8 MiB; put larger ones among the session's files")
	ErrFileForm  = errors.New("files in the chat come as they are, not compressed")
	ErrNoFiles   = errors.New("who only watches shares no files")
)

// Said is one message of the chat.
type Said struct {
	ID       string // the sender's, unique for them
	Identity string
	Name     string // as it was then
	Text     string
	At       time.Time
}

// Chat is what was said in a room. It keeps the latest for those who come
// later, and bounds what one person may say. The zero value is ready.
type Chat struct {
	mu       sync.Mutex
	said     []Said
	bytes    int
	speakers map[string]*rate.Limiter
}

// MaySpeak says whether somebody's pace allows a message now, and counts it.
func (c *Chat) MaySpeak(identity string, now time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.speakers == nil {
		c.speakers = make(map[string]*rate.Limiter)
	}
	pace := c.speakers[identity]
	if pace == nil {
		pace = rate.NewLimiter(saidPerSecond, saidAtOnce)
		c.speakers[identity] = pace
	}
	if !pace.AllowN(now, 1) {
		return ErrTooFast
	}
	return nil
}

// CheckText says whether a text can be a message.
func CheckText(text string) error {
	switch {
	case len(text) > MaxSaidBytes:
		return ErrTooLong
	case !utf8.ValidString(text) || strings.TrimSpace(text) == "":
		return ErrNoText
	}
	return nil
}

// Keep remembers what was said, and forgets the oldest for it.
func (c *Chat) Keep(s Said) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.said = append(c.said, s)
	c.bytes += len(s.Text)
	for len(c.said) > maxSaid || c.bytes > maxKeptBytes {
		c.bytes -= len(c.said[0].Text)
		c.said = c.said[1:]
	}
}

// History is what is remembered, oldest first.
func (c *Chat) History() []Said {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Said(nil), c.said...)
}

// Leave forgets what bounds somebody who is gone, unless they have something to
// wait for: leaving is no way around that.
func (c *Chat) Leave(identity string, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if pace := c.speakers[identity]; pace != nil && pace.TokensAt(now) >= saidAtOnce {
		delete(c.speakers, identity)
	}
}
