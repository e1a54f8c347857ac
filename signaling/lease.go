package signaling

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/livekit/protocol/livekit"
	"google.golang.org/protobuf/proto"

	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/sfu"
	"github.com/easel-live/easel/wire"
)

// tend follows anything that may have moved the lease: it does what is due, has
// everyone told what has changed, and sees to the next deadline.
func (r *liveRoom) tend() {
	if r.closed {
		return
	}
	now := time.Now()
	for _, identity := range r.arbiter.Tick(now) {
		if p := r.present[identity]; p != nil {
			p.refuse(&wire.Control{Code: "unanswered", Reason: "nobody answered; you may ask again"})
		}
	}
	if lease := r.arbiter.Lease(); lease.Revision != r.told {
		r.told = lease.Revision
		r.settle(lease, r.tellLease)
	}
	if r.due != nil {
		r.due.Stop()
	}
	if at := r.arbiter.Deadline(); !at.IsZero() {
		r.due = time.AfterFunc(max(time.Until(at), time.Millisecond), func() { r.post(r.tend) })
	}
}

// tellLease tells it, once nothing of an earlier lease is down any more: as a data
// packet to Easel's clients and the agent, and in the room's metadata to all
// others.
func (r *liveRoom) tellLease() {
	lease := r.arbiter.Lease()
	r.known.Store(lease.Generation)
	r.info.Metadata = r.metadata(lease)
	packet := r.controlPacket(&wire.Control{Type: wire.ControlLease, Lease: &lease})
	for _, p := range r.present {
		p.sendData(sfu.Reliable, packet)
	}
	r.broadcast(r.roomUpdate())
	r.server.cfg.Observer.LeaseChanged(r.name, lease)
	r.tellRules(lease.Rules)
	r.log.Debug("control changed", "holder", lease.Holder, "generation", lease.Generation)
}

// tellRules tells observers of rules that are others now.
func (r *liveRoom) tellRules(rules wire.Rules) {
	if rules == r.house.Rules {
		return
	}
	if was := r.house.Rules.Locked; rules.Locked != was {
		r.house.Inside = nil
		for _, p := range r.present {
			if rules.Locked && p.claims.Role != room.Agent && !slices.Contains(r.house.Inside, p.key()) {
				r.house.Inside = append(r.house.Inside, p.key())
			}
		}
		r.door.let(r.house.Inside)
	}
	r.house.Rules = rules
	r.server.cfg.Observer.RulesChanged(r.name, r.house)
}

// refuse tells p that something was not done, and why.
func (p *participant) refuse(c *wire.Control) {
	c.Type = wire.ControlRefused
	p.sendData(sfu.Reliable, p.room.controlPacket(c))
}

// sendLease tells p alone.
func (p *participant) sendLease() {
	lease := p.room.arbiter.Lease()
	p.sendData(sfu.Reliable, p.room.controlPacket(&wire.Control{Type: wire.ControlLease, Lease: &lease}))
}

// metadata is the room's metadata: the lease, for clients that only know
// LiveKit, and what else was set.
func (r *liveRoom) metadata(lease wire.Lease) string {
	all := map[string]any{leaseKey: lease}
	for key, value := range r.notes {
		all[key] = value
	}
	text, err := json.Marshal(all)
	if err != nil {
		r.log.Error("lease not encoded", "error", err)
	}
	return string(text)
}

// leaseKey is the lease's place in the room's metadata.
const leaseKey = "lease"

// setMetadata sets what the room's metadata says besides the lease: a JSON
// object without it, or nothing.
func (r *liveRoom) setMetadata(text string) error {
	var notes map[string]json.RawMessage
	if len(text) > r.server.cfg.Limits.MetadataBytes {
		return fmt.Errorf("%w: metadata of %d bytes, at most %d", errArgument, len(text), r.server.cfg.Limits.MetadataBytes)
	}
	if text != "" {
		if err := json.Unmarshal([]byte(text), &notes); err != nil {
			return fmt.Errorf("%w: a room's metadata is a JSON object: %w", errArgument, err)
		}
	}
	delete(notes, leaseKey) // whoever sends back what they read may
	r.notes = notes
	r.info.Metadata = r.metadata(r.arbiter.Lease())
	return nil
}

func (r *liveRoom) roomUpdate() *livekit.SignalResponse {
	return &livekit.SignalResponse{Message: &livekit.SignalResponse_RoomUpdate{
		RoomUpdate: &livekit.RoomUpdate{Room: r.describe()},
	}}
}

// controlPacket is a control message as a data packet from the server itself,
// which names no sender.
func (r *liveRoom) controlPacket(c *wire.Control) []byte {
	payload, err := wire.EncodeControl(c)
	if err != nil {
		r.log.Error("control message not encoded", "error", err)
		return nil
	}
	topic := wire.TopicControl
	raw, err := userPacket(&livekit.UserPacket{Payload: payload, Topic: &topic})
	if err != nil {
		r.log.Error("control packet not encoded", "error", err)
		return nil
	}
	return raw
}

// userPacket is a data packet that names no sender.
func userPacket(p *livekit.UserPacket) ([]byte, error) {
	return proto.Marshal(&livekit.DataPacket{Value: &livekit.DataPacket_User{User: p}})
}
