package socket

import (
	"errors"
	"fmt"
	"net"
	"time"
)

const (
	// patience bounds how long one flush waits for room in the kernel's send
	// buffer before it drops what is left: a frame that is this late is better
	// repaired than waited for, and the shard has other viewers.
	patience = 5 * time.Millisecond
	// proof is how often in a row a richer mode must fail where the plainer one
	// works before it is given up. One destination behind a link with a small
	// MTU must not take segmentation from all others.
	proof = 8
)

// ErrDropped is wrapped by Flush's error when packets were given up.
var ErrDropped = errors.New("socket: packets dropped")

// sender drives a batch through the kernel. It belongs to one lane, under its
// lock.
type sender struct {
	kernel  kernel
	best    Mode               // the richest mode that is still believed in
	blamed  [Segmented + 1]int // times in a row that a mode failed where the next plainer one worked
	left    time.Duration
	scratch []message
	count   *counters
	now     func() time.Time
}

// send empties the batch.
func (s *sender) send(b *batch) error {
	s.left = patience
	err := s.sendAll(b.arena, b.messages)
	b.reset()
	return err
}

// sendAll returns an error when anything was dropped, after it has tried to
// send everything.
func (s *sender) sendAll(arena []byte, messages []message) error {
	var failed error
	for len(messages) > 0 {
		n, err := s.sendSome(arena, messages)
		messages = messages[n:]
		switch {
		case err == nil:
		case errors.Is(err, net.ErrClosed):
			s.drop(messages)
			return err
		case errors.Is(err, errFull):
			if !s.awaitRoom() {
				s.drop(messages)
				return fmt.Errorf("%w: %w", ErrDropped, err)
			}
		case errors.Is(err, errUnreachable):
			s.drop(messages[:1])
			failed = fmt.Errorf("%w: %w", ErrDropped, err)
			messages = messages[1:]
		default:
			if err = s.retry(arena, messages[0], err); err != nil {
				failed = err
			}
			messages = messages[1:]
		}
	}
	return failed
}

// sendSome makes one attempt in the richest mode that suits the first message.
func (s *sender) sendSome(arena []byte, messages []message) (int, error) {
	if messages[0].packets() > 1 && s.best < Segmented {
		return 0, errAbsent // coalesced before the mode changed
	}
	if s.best == Single {
		if err := s.one(arena, messages[0]); err != nil {
			return 0, err
		}
		return 1, nil
	}
	n, err := s.kernel.sendMany(arena, messages)
	s.count.syscalls.Add(1)
	for _, m := range messages[:n] {
		s.took(m)
		s.blamed[Multi] = 0
		if m.packets() > 1 {
			s.blamed[Segmented] = 0
		}
	}
	return n, err
}

func (s *sender) one(arena []byte, m message) error {
	s.count.syscalls.Add(1)
	err := s.kernel.sendOne(arena, m)
	if err == nil {
		s.took(m)
	}
	return err
}

// retry sends a refused message in the next plainer way, and learns from it
// which of the two was to blame.
func (s *sender) retry(arena []byte, m message, refusal error) error {
	if m.packets() > 1 {
		return s.retrySplit(arena, m, refusal)
	}
	if s.best == Single {
		s.drop([]message{m})
		return fmt.Errorf("%w: %w", ErrDropped, refusal)
	}
	s.count.refused.Add(1)
	err := s.one(arena, m)
	for errors.Is(err, errFull) && s.awaitRoom() {
		err = s.one(arena, m)
	}
	if err != nil {
		s.drop([]message{m})
		return fmt.Errorf("%w: %w", ErrDropped, err)
	}
	s.blame(Multi, refusal)
	return nil
}

func (s *sender) retrySplit(arena []byte, m message, refusal error) error {
	if s.best == Segmented {
		s.count.refused.Add(1)
	}
	err := s.sendAll(arena, s.split(m))
	if err == nil {
		s.blame(Segmented, refusal)
	}
	return err
}

// blame notes that mode failed where the next plainer one worked.
func (s *sender) blame(mode Mode, refusal error) {
	if s.best < mode {
		return
	}
	s.blamed[mode]++
	if s.blamed[mode] >= proof || errors.Is(refusal, errAbsent) {
		s.best = mode - 1
	}
}

// split makes a message of each packet. It is called for one message at a
// time, and never for what it returned.
func (s *sender) split(m message) []message {
	s.scratch = s.scratch[:0]
	for from := m.from; from < m.end; from += m.segment {
		end := min(from+m.segment, m.end)
		s.scratch = append(s.scratch, message{to: m.to, from: from, end: end, segment: end - from})
	}
	return s.scratch
}

// awaitRoom says whether it is worth trying again.
func (s *sender) awaitRoom() bool {
	s.count.full.Add(1)
	if s.left <= 0 {
		return false
	}
	start := s.now()
	s.kernel.wait(s.left)
	// A wait that returned early because there is room still costs a little,
	// so that a kernel which keeps changing its mind cannot hold the shard.
	s.left -= max(s.now().Sub(start), patience/20)
	return true
}

func (s *sender) took(m message) {
	packets := uint64(m.packets())
	s.count.packets.Add(packets)
	s.count.bytes.Add(uint64(m.bytes()))
	if packets > 1 {
		s.count.segments.Add(packets)
	}
}

func (s *sender) drop(messages []message) {
	for _, m := range messages {
		s.count.dropped.Add(uint64(m.packets()))
	}
}
