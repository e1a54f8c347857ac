package signaling_test

import (
	"fmt"
	"testing"

	"github.com/easel-live/easel/internal/room"
)

// TestColoursAreTheirOwn: no two people share a colour before all are in use, and
// the windows of one person do.
func TestColoursAreTheirOwn(t *testing.T) {
	h := open(t, nil)
	watcher := h.enter("watcher", room.Viewer)
	colour := func(identity string) (c string) {
		watcher.until(identity+" has a colour", func() bool {
			c = watcher.people[identity].Attributes[room.ColourAttribute]
			return c != ""
		})
		return c
	}
	whose := map[string]string{}
	for i := range room.Colours - 1 {
		name := fmt.Sprintf("guest-%d", i)
		h.window(name, name, room.Editor)
		c := colour(name)
		if other := whose[c]; other != "" {
			t.Errorf("%s and %s both have colour %s", other, name, c)
		}
		whose[c] = name
	}
	h.window("second", "guest-0", room.Editor)
	if c := colour("second"); whose[c] != "guest-0" {
		t.Errorf("a second window of guest-0 has the colour of %q", whose[c])
	}
}
