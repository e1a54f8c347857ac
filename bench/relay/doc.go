// Package relay is a bad network on one machine: a UDP relay between clients
// and a server's media port that delays, loses, reorders and limits packets, in
// each direction on its own. What happens to a packet is decided by Link, which
// is pure: time comes in with each packet, chance from a seed.
//
// Every client address is a flow with links of its own, so that a limit is one
// viewer's access line, not a line that all share. WebRTC clients get to the
// relay through the signal proxy in the inner package detour.
package relay
