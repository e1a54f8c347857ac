package signaling

import (
	"hash/fnv"
	"strconv"

	"github.com/easel-live/easel/internal/room"
)

// colourOf is the colour for somebody who enters: that of their other windows;
// else, of the colours that fewest people have, the first from one that follows
// from who they are, so that most people have the same whenever they come.
func (r *liveRoom) colourOf(person string) string {
	var has [room.Colours]int
	for _, p := range r.present {
		if p.claims.Role == room.Agent {
			continue
		}
		text := p.attributes[room.ColourAttribute]
		if p.key() == person && text != "" {
			return text
		}
		if n, err := strconv.Atoi(text); err == nil && n >= 0 && n < room.Colours {
			has[n]++
		}
	}
	hash := fnv.New32a()
	hash.Write([]byte(person))
	first := int(hash.Sum32() % room.Colours)
	best := first
	for i := range room.Colours {
		if n := (first + i) % room.Colours; has[n] < has[best] {
			best = n
		}
	}
	return strconv.Itoa(best)
}
