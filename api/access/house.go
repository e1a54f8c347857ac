package access

import (
	"slices"

	"github.com/easel-live/easel/wire"
)

// maxHouses bounds the sessions whose rules are kept.
const maxHouses = 2000

// House is what the owners of a session have set, kept until the session ends: a
// room that closes when everybody has left, or a server that is started anew,
// forgets nothing of it.
type House struct {
	Rules  wire.Rules `json:"rules"`
	Inside []string   `json:"inside,omitempty"` // who was there when it was locked
}

// Rule writes down what the owners of a session have set.
func (g *Guests) Rule(session string, h House) error {
	h.Inside = slices.Clone(h.Inside)
	return g.change(func(st *guestState) {
		for other := range st.Houses {
			if len(st.Houses) < maxHouses {
				break
			}
			delete(st.Houses, other)
		}
		st.Houses[session] = h
	})
}

// Ruled is what the owners of a session have set; the zero House: nothing.
func (g *Guests) Ruled(session string) House {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.state.Houses[session]
}
