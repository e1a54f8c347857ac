package signaling

import (
	"testing"

	"github.com/livekit/protocol/livekit"
	"google.golang.org/protobuf/proto"

	"github.com/easel-live/easel/sfu"
	"github.com/easel-live/easel/signaling/token"
)

// listener is a participant whose messages the test keeps.
func listener(r *liveRoom, identity string) (*participant, *conn) {
	p := &participant{room: r, claims: &token.Claims{Identity: identity}, sid: "PA_" + identity}
	c := &conn{queue: make(chan []byte, 16), ended: make(chan struct{})}
	p.link.Store(c)
	r.present[identity] = p
	return p, c
}

// connectionsTold are the connections that a client was told of, by participant.
func connectionsTold(t *testing.T, c *conn) map[string]livekit.ConnectionQuality {
	t.Helper()
	of := map[string]livekit.ConnectionQuality{}
	for {
		select {
		case raw := <-c.queue:
			msg := &livekit.SignalResponse{}
			if err := proto.Unmarshal(raw, msg); err != nil {
				t.Fatal(err)
			}
			for _, u := range msg.GetConnectionQuality().GetUpdates() {
				of[u.GetParticipantSid()] = u.GetQuality()
			}
		default:
			return of
		}
	}
}

func TestNobodyHearsThatTheirOwnConnectionIsLost(t *testing.T) {
	m, err := newMetrics(nil)
	if err != nil {
		t.Fatal(err)
	}
	r := &liveRoom{present: map[string]*participant{}, server: &Server{metrics: m}}
	agent, toAgent := listener(r, "agent")
	viewer, toViewer := listener(r, "viewer")
	_, toOther := listener(r, "other")
	agent.tracks = []*track{{info: &livekit.TrackInfo{}, live: true}}

	r.connectionChanged(agent, sfu.Lost)
	if got := connectionsTold(t, toAgent); len(got) != 0 {
		t.Errorf("the publisher heard %v", got)
	}
	if got := connectionsTold(t, toViewer); got["PA_agent"] != livekit.ConnectionQuality_LOST || len(got) != 1 {
		t.Errorf("the viewer heard %v", got)
	}
	connectionsTold(t, toOther)
	r.connectionChanged(viewer, sfu.Poor)
	if got := connectionsTold(t, toViewer); got["PA_viewer"] != livekit.ConnectionQuality_POOR {
		t.Errorf("the viewer heard %v of its own", got)
	}
	if got := connectionsTold(t, toOther); len(got) != 0 {
		t.Errorf("others heard %v of somebody who shows nothing", got)
	}
	newcomer, toNewcomer := listener(r, "newcomer")
	r.tellConnections(newcomer)
	if got := connectionsTold(t, toNewcomer); got["PA_agent"] != livekit.ConnectionQuality_LOST || len(got) != 1 {
		t.Errorf("the newcomer heard %v", got)
	}
}
