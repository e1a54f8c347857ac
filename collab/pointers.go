package collab

import (
	"slices"
	"sync"

	"github.com/easel-live/easel/wire"
)

// Pointers gathers where everybody points until all are told in one message:
// with n people there are n messages for each telling, not n times n. The zero
// value is ready.
type Pointers struct {
	mu     sync.Mutex
	latest map[string]wire.Pointer
	turn   []string // whose pointer moved and was not told, first come first
}

// Put notes where somebody points. It reports whether nothing else was waiting
// to be told: then a telling is due.
func (p *Pointers) Put(identity string, at wire.Pointer) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.latest == nil {
		p.latest = make(map[string]wire.Pointer)
	}
	first := len(p.turn) == 0
	if _, waits := p.latest[identity]; !waits {
		p.turn = append(p.turn, identity)
	}
	p.latest[identity] = at
	return first
}

// Leave forgets somebody.
func (p *Pointers) Leave(identity string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, waits := p.latest[identity]; !waits {
		return
	}
	delete(p.latest, identity)
	p.turn = slices.DeleteFunc(p.turn, func(who string) bool { return who == identity })
}

// Take returns what is to be told now, as much as one message holds, and
// whether there is more.
func (p *Pointers) Take() (wire.Pointers, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var told wire.Pointers
	size := 0
	for len(p.turn) > 0 && len(told) < 255 {
		next := wire.NamedPointer{Identity: p.turn[0], Pointer: p.latest[p.turn[0]]}
		if size += next.AppendedSize(); size > wire.MaxPointersBytes && len(told) > 0 {
			break
		}
		told = append(told, next)
		delete(p.latest, next.Identity)
		p.turn = p.turn[1:]
	}
	return told, len(p.turn) > 0
}
