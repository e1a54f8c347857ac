package capture

import (
	"sync"
	"time"
)

// injection is an input event on its way to the display.
type injection struct {
	generation, sequence uint32
	at                   time.Time
}

// mark is the last injection that no frame has answered. It is set before the
// event is sent: a program may answer before the sender hears that it arrived.
type mark struct {
	mu   sync.Mutex
	last injection
	open bool
}

func (m *mark) set(generation, sequence uint32, at time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.last, m.open = injection{generation, sequence, at}, true
}

// waits says whether damage heard of at damaged answers an injection that no
// frame has answered.
func (m *mark) waits(damaged time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.open && !damaged.Before(m.last.at)
}

// take returns the injection that damage heard of at damaged answers, once.
func (m *mark) take(damaged time.Time) (injection, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.open || damaged.Before(m.last.at) {
		return injection{}, false
	}
	m.open = false
	return m.last, true
}
