package fallback

import (
	"time"

	"github.com/gorilla/websocket"
)

// pingInterval is how often a client is asked whether it is there.
const pingInterval = 10 * time.Second

// speak says words and pings until it is told to end.
func (v *viewer) speak(end <-chan struct{}) {
	ping := time.NewTicker(pingInterval)
	defer ping.Stop()
	for {
		var err error
		select {
		case <-end:
			return
		case word := <-v.words:
			err = v.socket.send(websocket.TextMessage, word)
		case <-ping.C:
			err = v.socket.ping()
		}
		if err != nil {
			v.over(errSlow)
			return
		}
	}
}

// keep counts releases that have reached the X server, and lets go for a new
// lease, until it is told to end.
func (v *viewer) keep(end <-chan struct{}) {
	defer v.giveUp()
	for {
		var late <-chan time.Time
		if at, waiting := v.settle(); waiting {
			late = time.After(time.Until(at))
		}
		select {
		case <-end:
			return
		case <-v.notice:
		case <-late:
			// The agent lets go of what it pressed as soon as the way is closed.
			v.over(errStuck)
			v.x.Close()
			v.giveUp()
		}
	}
}

// settle does what the marks that came back and the leases that were told allow,
// and says when the next lease has waited too long.
func (v *viewer) settle() (deadline time.Time, waiting bool) {
	released, deadline, waiting := v.judgeAsked()
	for _, tell := range released {
		tell()
	}
	return deadline, waiting
}

// judgeAsked does so with the locks held; whom to tell is told without them.
func (v *viewer) judgeAsked() (released []func(), deadline time.Time, waiting bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.asking.Lock()
	defer v.asking.Unlock()
	for i := range v.asked {
		if v.asked[i].mark == 0 {
			v.letGo()
			v.asked[i].mark = v.marks
		}
	}
	reached := v.reached.Load()
	if reached == v.marks {
		v.hand.settled()
	}
	var still []request
	for _, r := range v.asked {
		// Marks count up from 1 and wrap after 4 billion releases.
		if int32(reached-r.mark) >= 0 {
			released = append(released, r.released)
			continue
		}
		still = append(still, r)
	}
	v.asked = still
	if len(still) == 0 {
		return released, time.Time{}, false
	}
	return released, still[0].deadline, true
}

// letGo sends the releases of all that is down. The caller holds mu. A way that
// does not take them is a way that ends, and then the agent lets go.
func (v *viewer) letGo() {
	if !v.hand.holding() {
		return
	}
	out := v.hand.appendReleases(nil)
	v.hand.letGo()
	if v.send(out) != nil {
		v.over(errDisplay)
	}
}

// release lets go of everything at the end, and waits until the X server has.
func (v *viewer) release() {
	v.mu.Lock()
	if !v.hand.busy.Load() {
		v.mu.Unlock()
		return
	}
	v.letGo()
	v.mu.Unlock()
	done := make(chan struct{})
	v.asking.Lock()
	v.asked = append(v.asked, request{
		released: func() { close(done) }, deadline: time.Now().Add(v.gateway.cfg.Limits.Release),
	})
	v.asking.Unlock()
	v.wake()
	<-done
}

// giveUp tells the leases that still wait that nothing more will be done.
func (v *viewer) giveUp() {
	v.asking.Lock()
	asked := v.asked
	v.asked = nil
	v.asking.Unlock()
	for _, r := range asked {
		r.released()
	}
}
