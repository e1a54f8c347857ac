package rfb

import (
	"errors"
	"fmt"
)

// Dialect is what an X server speaks.
type Dialect uint8

// The dialects.
const (
	Plain Dialect = iota // RFB 3.8 with noVNC's and TigerVNC's extensions
	Kasm                 // KasmVNC's
)

// ErrDialect is wrapped by ParseDialect's errors.
var ErrDialect = errors.New("unknown dialect of RFB")

// ParseDialect reads a dialect's name, "rfb" or "kasmvnc".
func ParseDialect(s string) (Dialect, error) {
	switch s {
	case "rfb":
		return Plain, nil
	case "kasmvnc":
		return Kasm, nil
	default:
		return Plain, fmt.Errorf("%w %.32q", ErrDialect, s)
	}
}

// String is the dialect's name.
func (d Dialect) String() string {
	if d == Kasm {
		return "kasmvnc"
	}
	return "rfb"
}

// Kind is what a message is about, as far as permission goes.
type Kind uint8

// The kinds of messages.
const (
	Look      Kind = iota // about the client's own picture: everybody's right
	Pointer               // the lease holder's
	Key                   // the lease holder's
	Clipboard             // the lease holder's
	Resize                // the lease holder's
	Never                 // nobody's: ways past the gateway, and KasmVNC's own permissions
)

var kindNames = [...]string{"look", "pointer", "key", "clipboard", "resize", "never"}

// String is the kind's name.
func (k Kind) String() string { return kindNames[k] }

// Message types, RFC 6143 section 7.5 and the registry.
const (
	setPixelFormat    = 0
	setEncodings      = 2
	updateRequest     = 3
	keyEvent          = 4
	pointerEvent      = 5
	clientCutText     = 6
	continuousUpdates = 150
	fence             = 248
	setDesktopSize    = 251
	qemu              = 255

	// KasmVNC's.
	requestStats       = 178
	frameStats         = 179
	binaryClipboard    = 180
	upgradeToUDP       = 181
	subscribeUnixRelay = 182
	unixRelay          = 183
	videoEncoders      = 184
	keepAlive          = 185
	directMouse        = 188
	latency            = 189
	stats190, stats191 = 190, 191
	maxVideoResolution = 252
)

// shape is how long a message is.
type shape struct {
	known bool
	kind  Kind
	head  uint16 // bytes, with the type, that say how long all of it is
	// A counted message has unit bytes for each of a number at an offset of its
	// head: at is the offset, 0 for a message that is its head alone.
	at    uint8
	wide  bool // the number has two bytes, not one
	unit  uint8
	count uint16 // most units
	// streamed messages are too long to be held: see parser.go.
	streamed bool
}

// maxEncodings bounds what a client may announce; noVNC announces about 30.
const maxEncodings = 256

// largest is the longest message that is judged as a whole.
const largest = 4 + 4*maxEncodings

var plain = [256]shape{
	setPixelFormat:    {known: true, head: 20},
	setEncodings:      {known: true, head: 4, at: 2, wide: true, unit: 4, count: maxEncodings},
	updateRequest:     {known: true, head: 10},
	keyEvent:          {known: true, kind: Key, head: 8},
	pointerEvent:      {known: true, kind: Pointer, head: 6},
	clientCutText:     {known: true, kind: Clipboard, head: 8, streamed: true},
	continuousUpdates: {known: true, head: 10},
	fence:             {known: true, head: 9, at: 8, unit: 1, count: 64},
	setDesktopSize:    {known: true, kind: Resize, head: 8, at: 6, unit: 16, count: 16},
	qemu:              {known: true, kind: Key, head: 12},
}

var kasm = func() [256]shape {
	s := plain
	s[pointerEvent].head = 11
	s[requestStats] = shape{known: true, head: 4}
	s[frameStats] = shape{known: true, head: 12}
	s[binaryClipboard] = shape{known: true, kind: Clipboard, head: 2, streamed: true}
	s[upgradeToUDP] = shape{known: true, kind: Never, head: 3, at: 1, wide: true, unit: 1, count: largest - 3}
	s[subscribeUnixRelay] = shape{known: true, kind: Never, head: 2, at: 1, unit: 1, count: 255}
	s[unixRelay] = shape{known: true, kind: Never, head: 2, streamed: true}
	s[videoEncoders] = shape{known: true, head: 2, at: 1, unit: 4, count: 255}
	s[keepAlive] = shape{known: true, head: 1}
	s[directMouse] = shape{known: true, kind: Never, head: 10}
	s[latency] = shape{known: true, head: 8}
	s[stats190] = shape{known: true, head: 4}
	s[stats191] = shape{known: true, head: 4}
	s[maxVideoResolution] = shape{known: true, kind: Resize, head: 5}
	return s
}()

func (d Dialect) shapes() *[256]shape {
	if d == Kasm {
		return &kasm
	}
	return &plain
}
