// Package vitals is what an agent tells of itself: whether it lives, what it
// costs, what it has sent. A session accepts no connection, so the server asks
// through the agent's tunnel, whenever its own metrics are read, and puts the
// answers beside them, labelled by session.
//
//	Prometheus ── /metrics ── Collector ── tunnel stream ── Serve ── agent
//
// An answer is one JSON object and the end of the stream. It comes from a place
// where people run what they like, so the server believes nothing but plausible
// numbers, waits for nobody, and asks a bounded number of sessions.
package vitals
