package clipboard

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"golang.org/x/time/rate"

	"github.com/easel-live/easel/wire"
)

const (
	// bytesPerSecond is the pace of what goes out: below what the server takes
	// from one participant, with room for everything else the agent says.
	bytesPerSecond = 1 << 20
	// maxSending bounds the copies under way to people.
	maxSending = 4
)

// Room sends messages; signaling/client.Conn does.
type Room interface {
	PublishData(topic string, payload []byte, reliable bool, to ...string) error
}

// Display is the clipboard of a display; Board is.
type Display interface {
	Own(c Content) error
	Owns() bool
	Formats(ctx context.Context) ([]wire.Format, error)
	Read(ctx context.Context, f wire.Format) ([]byte, error)
}

// Exchange carries copies between a display and a room. Who may is the server's
// decision: what arrives here has passed it.
type Exchange struct {
	display Display
	room    Room
	log     *slog.Logger
	pace    *rate.Limiter

	ctx    context.Context // ends with the Exchange
	cancel context.CancelFunc
	work   sync.WaitGroup
	copied chan bool // the latest news of the display's clipboard: is it empty

	incoming incoming // touched by Message and Left only

	mu      sync.Mutex
	offer   uint32                   // ID of what the display has now
	sending map[string]*sendingTo    // by identity
	cache   map[wire.Format]([]byte) // of that offer, as read
}

// NewExchange begins; Close ends it.
func NewExchange(d Display, r Room, log *slog.Logger) *Exchange {
	x := &Exchange{
		display: d, room: r, log: log, pace: rate.NewLimiter(bytesPerSecond, 4*wire.MaxClipboardChunk),
		copied: make(chan bool, 1), sending: map[string]*sendingTo{}, cache: map[wire.Format][]byte{},
	}
	x.ctx, x.cancel = context.WithCancel(context.Background())
	x.work.Go(x.watch)
	return x
}

// Close ends everything under way and waits for it.
func (x *Exchange) Close() {
	x.cancel()
	x.work.Wait()
}

// Copied tells that a program copied something. It does not block; the latest
// news count.
func (x *Exchange) Copied(empty bool) {
	for {
		select {
		case x.copied <- empty:
			return
		default:
		}
		select {
		case <-x.copied:
		default:
		}
	}
}

// Message takes a packet of easel.clipboard. Calls come one at a time.
func (x *Exchange) Message(from string, payload []byte) {
	m, err := wire.DecodeClipboard(payload)
	if err != nil {
		x.log.Debug("bad clipboard message", "from", from, "error", err)
		return
	}
	switch m.Kind {
	case wire.ClipboardOffer:
		x.offered(from, m)
	case wire.ClipboardChunk:
		x.chunk(from, m)
	case wire.ClipboardWithhold:
		x.withheld(from, m)
	case wire.ClipboardWant:
		x.wanted(from, m)
	case wire.ClipboardProgress, wire.ClipboardDone, wire.ClipboardDecline:
		x.acknowledged(from, m)
	}
}

// Left forgets somebody who is gone. It is called as Message is.
func (x *Exchange) Left(identity string) {
	if x.incoming.from == identity {
		x.incoming = incoming{}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if s := x.sending[identity]; s != nil {
		s.cancel()
	}
}

func (x *Exchange) send(m *wire.Clipboard, to ...string) error {
	b, err := wire.AppendClipboard(nil, m)
	if err == nil {
		err = x.room.PublishData(wire.TopicClipboard, b, true, to...)
	}
	if err != nil {
		x.log.Debug("clipboard message not sent", "to", to, "error", err)
	}
	return err
}

// refuse tells somebody why not.
func (x *Exchange) refuse(kind wire.ClipboardKind, id uint32, to string, cause error) {
	r := wire.ReasonBroken
	text := "the clipboard could not be read"
	switch {
	case errors.Is(cause, ErrTooLarge):
		r, text = wire.ReasonTooLarge, "it is larger than 16 MiB"
	case errors.Is(cause, ErrImage):
		r, text = wire.ReasonBadImage, "it is no picture of at most 64 megapixels"
	case errors.Is(cause, ErrNothing), errors.Is(cause, context.Canceled):
		r, text = wire.ReasonGone, "it is not on the clipboard any more"
	case errors.Is(cause, errBusy):
		r, text = wire.ReasonBusy, "too many copies are under way"
	case errors.Is(cause, ErrSilent):
		text = "GIMP does not answer"
	}
	x.log.Info("clipboard refused", "to", to, "reason", cause)
	_ = x.send(&wire.Clipboard{Kind: kind, ID: id, Reason: r, Text: text}, to)
}
