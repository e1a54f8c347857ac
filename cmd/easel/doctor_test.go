package main

import (
	"net"
	"strings"
	"testing"
)

func TestDoctorFindsWhatIsWrongAndSaysWhatToDo(t *testing.T) {
	s := newShell(t)
	out, complaint, ok := s.run(t, "doctor")
	for _, want := range []string{"ok    data directory", "ok    page's port", "receives", "ok    agent", "ok    X server", "ok    GIMP"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing:\n%s%s", want, out, complaint)
		}
	}
	if !ok || strings.Contains(out, "FAIL") {
		t.Errorf("a machine that can serve is ill:\n%s%s", out, complaint)
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	media, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer media.Close()
	_, port, err := net.SplitHostPort(media.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		"EASEL_ADDR chooses another":     {"--addr", taken.Addr().String()},
		"EASEL_UDP_PORT chooses":         {"--udp-port", port},
		"EASEL_AGENT":                    {"--agent", "/nonexistent"},
		"EASEL_DATA":                     {"--data", "/proc/none"},
		"EASEL_TLS_KEY come together":    {"--tls-cert", "/nonexistent"},
		"add a record for easel.invalid": {"--public-url", "https://easel.invalid"},
	} {
		out, complaint, ok := s.run(t, append([]string{"doctor"}, args...)...)
		if ok || !strings.Contains(out, want) || !strings.Contains(complaint, "something must be done") {
			t.Errorf("%v: %v\n%s%s", args, ok, out, complaint)
		}
	}
}
