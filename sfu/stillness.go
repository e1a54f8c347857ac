package sfu

import "time"

const (
	// stillAfter is how long nothing is sent before a picture counts as still.
	stillAfter = 2 * time.Second
	// insistWithin is how soon a viewer that lacks a picture asks again.
	// Chromium asks every 200 ms then.
	insistWithin = time.Second
)

// stillness tells a viewer that lost its picture from one that is merely
// impatient: browsers ask for a keyframe when no frame came for three seconds,
// which is what a canvas that nobody touches looks like. Each answer would make
// them ask again, and a session at rest would never be at rest.
//
// A request on a still stream is taken for impatience while the viewer's own
// report says it has everything, unless the viewer insists. The first one is
// answered: a page that attached the track after its first frames were decoded
// shows nothing until another comes.
type stillness struct {
	heard     uint16 // highest sequence number that the viewer has reported
	heardAt   time.Time
	reported  bool
	greeted   bool      // the first impatience was answered
	doubtedAt time.Time // last request that was taken for impatience
}

// report takes the extended highest sequence number of a receiver report
// (RFC 3550 section 6.4.1).
func (s *stillness) report(highest uint32, now time.Time) {
	s.heard, s.heardAt, s.reported = uint16(highest), now, true
}

// lacks says whether the viewer's report, made long enough after the newest
// packet was sent, shows that this packet did not arrive.
func (s *stillness) lacks(lastSent time.Time, sent uint16) bool {
	behind := int16(sent - s.heard)
	return s.reported && behind > 0 && s.heardAt.Sub(lastSent) >= tailAfter
}

// impatient says whether a request that came now needs no answer. sent is the
// newest sequence number, sent at lastSent.
func (s *stillness) impatient(now, lastSent time.Time, sent uint16) bool {
	if !s.reported || s.heard != sent || now.Sub(lastSent) < stillAfter {
		return false
	}
	if now.Sub(s.doubtedAt) < insistWithin || !s.greeted {
		s.greeted = true
		return false
	}
	s.doubtedAt = now
	return true
}
