package sfu

import (
	"bytes"
	"runtime"
	"testing"
)

// readersSleep says whether the goroutines that read publishers' streams wait for
// something to come, in so many looks in a row.
func readersSleep(looks int) bool {
	room := make([]byte, 1<<20)
	for range looks {
		all := room[:runtime.Stack(room, true)]
		for stack := range bytes.SplitSeq(all, []byte("\n\n")) {
			state, _, _ := bytes.Cut(stack, []byte("\n"))
			if bytes.Contains(stack, []byte("(*uplink).readRTP(")) && bytes.Contains(state, []byte("[run")) {
				return false
			}
		}
	}
	return true
}

// A lost packet wakes the reader, in case pion has its repair. It goes back to
// sleep when there is none to wait for, as with a stream that has no repairs.
func TestALossDoesNotKeepTheReaderAwake(t *testing.T) {
	cam := publish(t, newTestEngine(t).NewRoom("r"), "PA_cam", "TR_1", true)
	cam.frame(true, 1)
	eventually(t, "published", func() bool {
		return look(cam.see, func() int { return len(cam.see.published) }) == 1
	})
	cam.state[1].seq++ // a packet that never comes
	eventually(t, "it is asked for", func() bool {
		cam.frame(false, 1)
		cam.mu.Lock()
		defer cam.mu.Unlock()
		return cam.nacks > 0
	})
	eventually(t, "the reader sleeps", func() bool { return readersSleep(20) })
}
