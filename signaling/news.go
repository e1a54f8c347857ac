package signaling

import (
	"time"

	"github.com/livekit/protocol/livekit"
)

// News of participants wait until they can be told together: at once in a room
// where little happens, and in one that fills up as long as there are people,
// in milliseconds. So a thousand who join do not make a million messages.
const (
	newsEach    = time.Millisecond
	leastNews   = 50 * time.Millisecond
	longestNews = time.Second
)

// news are the participants that have changed and the room has not been told
// of. What is told is how they are by then.
type news struct {
	pending []*participant
	told    time.Time
	timer   *time.Timer // nil: none is running
}

// announce lets everyone know what has changed about p, p included.
func (r *liveRoom) announce(p *participant) {
	p.version++
	r.mention(p)
}

// announceNow is announce for what others are about to need.
func (r *liveRoom) announceNow(p *participant) {
	r.announce(p)
	r.tellNews()
}

// mention puts p among the news.
func (r *liveRoom) mention(p *participant) {
	if p.claims.Hidden {
		p.send(participantUpdate(p.describe()))
		return
	}
	if p.state == livekit.ParticipantInfo_DISCONNECTED {
		r.keepForAbsent(p.describe())
	}
	if !p.isNews {
		p.isNews = true
		r.news.pending = append(r.news.pending, p)
	}
	wait := min(max(newsEach*time.Duration(len(r.present)), leastNews), longestNews) - time.Since(r.news.told)
	switch {
	case wait <= 0:
		r.tellNews()
	case r.news.timer == nil:
		r.news.timer = time.AfterFunc(wait, func() { r.post(r.tellNews) })
	}
}

// tellNews tells everyone who is here.
func (r *liveRoom) tellNews() {
	n := &r.news
	n.stop()
	if len(n.pending) == 0 {
		return
	}
	infos := make([]*livekit.ParticipantInfo, len(n.pending))
	for i, p := range n.pending {
		infos[i] = p.describe()
		p.isNews = false
		n.pending[i] = nil
	}
	n.pending, n.told = n.pending[:0], time.Now()
	r.broadcast(participantUpdate(infos...))
}

func (n *news) stop() {
	if n.timer != nil {
		n.timer.Stop()
		n.timer = nil
	}
}

// concern says whether somebody of that identity is among the news. Who comes
// back must not hear of their own leaving: clients take it for themselves.
func (n *news) concern(identity string) bool {
	for _, p := range n.pending {
		if p.claims.Identity == identity {
			return true
		}
	}
	return false
}
