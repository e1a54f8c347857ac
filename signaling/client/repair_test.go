package client

import (
	"testing"

	"github.com/pion/interceptor"
	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
)

func TestRetransmissionsNameTheLayerTheyRepair(t *testing.T) {
	const media, repair = 1, 2
	info := &interceptor.StreamInfo{SSRC: media, SSRCRetransmission: repair, RTPHeaderExtensions: []interceptor.RTPHeaderExtension{
		{URI: sdp.SDESRTPStreamIDURI, ID: 4}, {URI: sdp.SDESRepairRTPStreamIDURI, ID: 5},
	}}
	var sent rtp.Header
	wire := interceptor.RTPWriterFunc(func(h *rtp.Header, _ []byte, _ interceptor.Attributes) (int, error) {
		sent = h.Clone()
		return 0, nil
	})
	out := (&repairNames{}).BindLocalStream(info, wire)
	for ssrc, want := range map[uint32][2]string{media: {"f", ""}, repair: {"", "f"}} {
		header := rtp.Header{Version: 2, SSRC: ssrc}
		if err := header.SetExtension(4, []byte("f")); err != nil {
			t.Fatal(err)
		}
		if _, err := out.Write(&header, nil, nil); err != nil {
			t.Fatal(err)
		}
		if got := [2]string{string(sent.GetExtension(4)), string(sent.GetExtension(5))}; got != want {
			t.Errorf("ssrc %d carries rid and repaired rid %q, want %q", ssrc, got, want)
		}
		if string(header.GetExtension(4)) != "f" {
			t.Errorf("ssrc %d: the caller's header was changed", ssrc)
		}
	}
}

func TestOffersNameOnlySentLayers(t *testing.T) {
	offer := "m=video 9\r\na=rid:h recv\r\na=simulcast:recv h\r\na=rid:h send\r\na=simulcast:send h\r\n"
	want := "m=video 9\r\na=rid:h send\r\na=simulcast:send h\r\n"
	if got := onlySent(offer); got != want {
		t.Errorf("offer %q", got)
	}
}
