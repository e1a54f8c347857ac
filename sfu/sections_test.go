package sfu

import (
	"strings"
	"testing"

	"github.com/pion/webrtc/v4"
)

const transportLines = "a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\na=fingerprint:sha-256 00:11\r\n"

func TestSimulcastBySSRCKeepsTheBest(t *testing.T) {
	offer := "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n" + transportLines +
		"m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=sendonly\r\na=msid:s t\r\n" +
		"a=ssrc-group:SIM 1 2 3\r\na=ssrc-group:FID 1 11\r\na=ssrc-group:FID 2 12\r\na=ssrc-group:FID 3 13\r\n" +
		"a=ssrc:1 cname:x\r\na=ssrc:2 cname:x\r\na=ssrc:3 cname:x\r\na=ssrc:11 cname:x\r\na=ssrc:12 cname:x\r\na=ssrc:13 cname:x\r\n"
	sections, got, err := parseOffer(offer)
	if err != nil {
		t.Fatal(err)
	}
	if len(sections) != 1 || sections[0].track != "t" || !sections[0].sends {
		t.Fatalf("sections %+v", sections)
	}
	for _, gone := range []string{"SIM", "ssrc:1 ", "ssrc:2 ", "ssrc:11", "ssrc:12", "FID 1"} {
		if strings.Contains(got, gone) {
			t.Errorf("%q is still there:\n%s", gone, got)
		}
	}
	for _, kept := range []string{"ssrc:3 ", "ssrc:13", "FID 3 13"} {
		if !strings.Contains(got, kept) {
			t.Errorf("%q is gone:\n%s", kept, got)
		}
	}
}

func TestMatchCodec(t *testing.T) {
	codec := func(pt webrtc.PayloadType, mime, fmtp string) webrtc.RTPCodecParameters {
		return webrtc.RTPCodecParameters{
			RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: mime, SDPFmtpLine: fmtp}, PayloadType: pt,
		}
	}
	negotiated := []webrtc.RTPCodecParameters{
		codec(1, "video/VP8", ""), codec(2, "video/rtx", "apt=1"),
		codec(3, "video/VP9", "profile-id=0"), codec(4, "video/VP9", "profile-id=1"),
		codec(5, "video/H264", "packetization-mode=1;profile-level-id=42e01f"),
		codec(6, "video/H264", "packetization-mode=0;profile-level-id=42001f"),
		codec(7, "video/AV1", "level-idx=5;profile=1;tier=0"),
	}
	for _, c := range []struct {
		mime, fmtp string
		want, rtx  webrtc.PayloadType
	}{
		{"video/vp8", "", 1, 2},
		{"video/VP9", "", 3, 0},
		{"video/VP9", "profile-id=1", 4, 0},
		{"video/VP9", "profile-id=2", 0, 0},
		{"video/H264", "profile-level-id=42001f;packetization-mode=1", 5, 0},
		{"video/H264", "profile-level-id=640032;packetization-mode=1", 0, 0},
		{"video/AV1", "profile=1", 7, 0},
		{"video/AV1", "", 0, 0},
		{"video/H264", "", 6, 0},
	} {
		got, rtx, ok := matchCodec(negotiated, webrtc.RTPCodecCapability{MimeType: c.mime, SDPFmtpLine: c.fmtp})
		if ok != (c.want != 0) || got.PayloadType != c.want || rtx != c.rtx {
			t.Errorf("%s %s: %d, %d, %v", c.mime, c.fmtp, got.PayloadType, rtx, ok)
		}
	}
}

func TestChoose(t *testing.T) {
	at := func(q Quality, width, height int, live bool) choice {
		return choice{layerID: layerID{quality: q}, width: width, height: height, live: live}
	}
	layers := []choice{at(Low, 320, 200, true), at(Mid, 640, 400, true), at(High, 1280, 800, true)}
	without := func(q Quality) []choice {
		some := append([]choice(nil), layers...)
		some[q].live = false
		return some
	}
	for _, c := range []struct {
		name   string
		pref   Preference
		layers []choice
		want   Quality
	}{
		{"everything", Preference{MaxQuality: High}, layers, High},
		{"off", Preference{MaxQuality: High, Disabled: true}, layers, Off},
		{"quality off", Preference{MaxQuality: Off}, layers, Off},
		{"at most mid", Preference{MaxQuality: Mid}, layers, Mid},
		{"shown small", Preference{MaxQuality: High, Width: 300, Height: 180}, layers, Low},
		{"shown at a layer's size", Preference{MaxQuality: High, Width: 640, Height: 400}, layers, Mid},
		{"a pixel more", Preference{MaxQuality: High, Width: 641, Height: 401}, layers, High},
		{"larger than all", Preference{MaxQuality: High, Width: 4000, Height: 3000}, layers, High},
		{"small, but at most low", Preference{MaxQuality: Low, Width: 4000, Height: 3000}, layers, Low},
		{"the best is not there", Preference{MaxQuality: High}, without(High), Mid},
		{"the lowest is not there", Preference{MaxQuality: Low}, without(Low), Mid},
		{"nothing yet", Preference{MaxQuality: High}, []choice{at(Low, 0, 0, false), at(Mid, 0, 0, false), at(High, 0, 0, false)}, Off},
	} {
		if got := choose(c.pref, c.layers); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}
