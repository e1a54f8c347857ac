package machine

import (
	"errors"
	"net"
	"os"
	"testing"
)

func TestListenerFindsThisProcess(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	p, err := Listener(port)
	if err != nil || p.PID != os.Getpid() {
		t.Errorf("got %v, %v", p, err)
	}
	if rss, err := p.Resident(); err != nil || rss < 1<<20 {
		t.Errorf("resident %d, %v", rss, err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Listener(port); !errors.Is(err, ErrNoListener) {
		t.Errorf("closed port: %v", err)
	}
}

func TestOverflows(t *testing.T) {
	const snmp = "Ip: Forwarding\nIp: 1\nUdp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors\nUdp: 9 8 7 6 5\n"
	if n, err := parseOverflows(snmp); err != nil || n != 5 {
		t.Errorf("got %d, %v", n, err)
	}
	if _, err := parseOverflows("Udp: a\nUdp: 1\n"); !errors.Is(err, ErrFormat) {
		t.Errorf("without the column: %v", err)
	}
	if _, err := UDPOverflows(); err != nil {
		t.Error(err)
	}
}
