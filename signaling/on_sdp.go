package signaling

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/livekit/protocol/livekit"
	"github.com/pion/webrtc/v4"

	"github.com/easel-live/easel/sfu"
)

var errCandidate = errors.New("malformed ICE candidate")

// answerOffer has the media side answer the client's offer.
func (p *participant) answerOffer(offer *livekit.SessionDescription) {
	p.withPeer(func(peer *sfu.Peer) error {
		sdp, mids, err := peer.Offer(offer.GetSdp())
		if err != nil {
			err = fmt.Errorf("offer: %w", err)
			p.fail(livekit.DisconnectReason_MEDIA_FAILURE, err)
			return err
		}
		tracks := make(map[string]string, len(mids))
		for mid, id := range mids {
			tracks[mid] = string(id)
		}
		p.send(&livekit.SignalResponse{Message: &livekit.SignalResponse_Answer{
			Answer: &livekit.SessionDescription{
				Type: "answer", Sdp: sdp, Id: offer.GetId(), MidToTrackId: tracks,
			},
		}})
		return nil
	})
}

// applyAnswer completes the server's offer. An answer to an earlier one, from
// before a lost connection, is ignored.
func (p *participant) applyAnswer(answer *livekit.SessionDescription) {
	if id := answer.GetId(); id != 0 && id != p.media.offer.Load() {
		return
	}
	p.withPeer(func(peer *sfu.Peer) error {
		if err := peer.Answer(answer.GetSdp()); err != nil {
			err = fmt.Errorf("answer: %w", err)
			p.fail(livekit.DisconnectReason_MEDIA_FAILURE, err)
			return err
		}
		return nil
	})
}

// onTrickle hands on a remote candidate. A candidate that parses but cannot be
// used is not worth a participant; one that does not parse is a broken client.
func (p *participant) onTrickle(t *livekit.TrickleRequest) error {
	if t.GetFinal() && t.GetCandidateInit() == "" {
		return nil
	}
	var init webrtc.ICECandidateInit
	if err := json.Unmarshal([]byte(t.GetCandidateInit()), &init); err != nil {
		return fmt.Errorf("%w: %w", errCandidate, err)
	}
	target := sfu.Publisher
	if t.GetTarget() == livekit.SignalTarget_SUBSCRIBER {
		target = sfu.Subscriber
	}
	p.withPeer(func(peer *sfu.Peer) error {
		if err := peer.AddCandidate(target, init); err != nil {
			p.log.Debug("candidate refused", "error", err)
		}
		return nil
	})
	return nil
}
