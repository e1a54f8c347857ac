package client

import (
	"github.com/pion/interceptor"
	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
)

// repairNames sits next to the wire and gives retransmitted packets of a layer
// their proper name: the layer in the repaired-rid extension (RFC 8852, 3.2).
// The responder copies the original's header, and a second stream that claims
// the same rid would take the layer's place at the server.
type repairNames struct{ interceptor.NoOp }

// NewInterceptor makes repairNames its own factory: it keeps no state.
func (r *repairNames) NewInterceptor(string) (interceptor.Interceptor, error) { return r, nil }

// BindLocalStream renames the retransmissions of one stream.
func (r *repairNames) BindLocalStream(info *interceptor.StreamInfo, next interceptor.RTPWriter) interceptor.RTPWriter {
	var rid, repaired uint8
	for _, ext := range info.RTPHeaderExtensions {
		switch ext.URI {
		case sdp.SDESRTPStreamIDURI:
			rid = uint8(ext.ID)
		case sdp.SDESRepairRTPStreamIDURI:
			repaired = uint8(ext.ID)
		}
	}
	if info.SSRCRetransmission == 0 || rid == 0 {
		return next
	}
	return interceptor.RTPWriterFunc(func(h *rtp.Header, payload []byte, a interceptor.Attributes) (int, error) {
		name := h.GetExtension(rid)
		if h.SSRC != info.SSRCRetransmission || name == nil {
			return next.Write(h, payload, a)
		}
		own := h.Clone()
		if err := own.DelExtension(rid); err != nil {
			return 0, err
		}
		if repaired != 0 {
			if err := own.SetExtension(repaired, name); err != nil {
				return 0, err
			}
		}
		return next.Write(&own, payload, a)
	})
}
