// Package tunnel carries streams from the server to a session's agent, which
// listens on nothing: the agent dials one WebSocket and the server opens
// streams through it, each to a service that the agent names.
//
//	agent  Run  ── GET /tunnel, Authorization: Bearer <agent's token> ──▶  Hub  server
//	service  ◀── stream: u8 length, service name · status byte ──  Open
//
// The WebSocket's binary messages are the bytes of a yamux session in which the
// agent is the side that accepts. A stream opens with the service's name and
// the agent answers with one status byte; after that its bytes are the
// service's own.
//
// Everything is bounded: streams at once, bytes in flight per stream (yamux's
// window, 256 KiB), time to open one, time without a sign of life. A stream
// whose reader stalls fills its own window and stops its own writer; others go
// on. A room has one tunnel: a newer one replaces the older, so that an agent
// that comes back after a network change is not locked out by its own ghost.
package tunnel
