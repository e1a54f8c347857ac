// Package turn is the way to media where a network lets neither our UDP port nor
// our ICE-TCP port through: a TURN server (RFC 8656) by UDP, TCP and TLS that
// relays to the forwarding unit and to nothing else.
//
// Every allocation's socket is connected to the forwarding unit's, by the
// kernel: whatever peer a client names, nothing can leave to another, and nothing
// from another arrives. So a stolen credential is worth a longer way to our own
// media port, and never a way into the network behind the server.
//
// Credentials are those of the TURN REST API (draft-uberti-behave-turn-rest-00),
// which coturn's use-auth-secret takes too: a username with its expiry and an
// HMAC of it.
package turn
