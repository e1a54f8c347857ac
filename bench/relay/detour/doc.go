// Package detour leads a WebRTC client through a relay: a proxy in front of a
// server that passes everything on and changes one thing, the addresses in
// LiveKit's signal messages. The server's UDP candidates become the relay's,
// its other candidates vanish, and so do the client's own, or both sides would
// find the direct way. Any client goes through the relay by being given the
// proxy's URL: a browser with the page it serves, or a Go viewer.
package detour
