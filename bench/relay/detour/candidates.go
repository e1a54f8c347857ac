package detour

import (
	"net/netip"
	"strconv"
	"strings"
)

// Through names the relay to a server's media address.
type Through func(server netip.AddrPort) (relay netip.AddrPort, err error)

// reroute rewrites the server's candidate attribute (RFC 8839, section 5.1,
// with or without "a=") to the relay's address. Candidates that are not host
// candidates on UDP, or cannot be relayed, give ok = false.
func reroute(candidate string, through Through) (rewritten string, ok bool) {
	f := strings.Fields(candidate)
	if len(f) < 8 || !strings.EqualFold(f[2], "udp") || f[6] != "typ" || f[7] != "host" {
		return "", false
	}
	ip, err := netip.ParseAddr(f[4])
	if err != nil {
		return "", false
	}
	port, err := strconv.ParseUint(f[5], 10, 16)
	if err != nil {
		return "", false
	}
	relay, err := through(netip.AddrPortFrom(ip, uint16(port)))
	if err != nil {
		return "", false
	}
	f[4], f[5] = relay.Addr().String(), strconv.Itoa(int(relay.Port()))
	return strings.Join(f, " "), true
}

// mapCandidates passes every candidate line of a session description to
// rewrite, and leaves out those it refuses.
func mapCandidates(sdp string, rewrite func(string) (string, bool)) string {
	var b strings.Builder
	for line := range strings.Lines(sdp) {
		if !strings.HasPrefix(line, "a=candidate:") {
			b.WriteString(line)
			continue
		}
		text := strings.TrimRight(line, "\r\n")
		if rewritten, ok := rewrite(text); ok {
			b.WriteString(rewritten + line[len(text):])
		}
	}
	return b.String()
}

func none(string) (string, bool) { return "", false }
