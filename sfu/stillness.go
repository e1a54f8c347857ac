package sfu

import "time"

const (
	// stillAfter is how long nothing is sent before a picture counts as still.
	stillAfter = 2 * time.Second
	// insistWithin is how soon a viewer that lacks a picture asks again.
	// Chromium asks every 200 ms then.
	insistWithin = time.Second
	// settleSpacing is between requests for keyframes that show a picture at rest
	// again.
	settleSpacing = 150 * time.Millisecond
)

// settling are the moments at which a page is taken to have put a track that
// begins on an element: what was decoded before is not shown. A page that has
// nothing else to do needs 20 to 60 ms, one on a busy machine some hundred.
var settling = [...]struct {
	after time.Duration // the stream's first packets
	quiet time.Duration // for which nothing was sent, of a picture that rests
}{
	{60 * time.Millisecond, 40 * time.Millisecond},
	{220 * time.Millisecond, 100 * time.Millisecond},
}

// stillness tells a viewer that lost its picture from one that is merely
// impatient: browsers ask for a keyframe when no frame came for three seconds,
// which is what a canvas that nobody touches looks like. Each answer would make
// them ask again, and a session at rest would never be at rest.
//
// A request on a still stream is taken for impatience while the viewer's own
// report says it has everything, unless the viewer insists. The first one is
// answered: a page that attached the track after its first frames were decoded
// shows nothing until another comes. So that a page need not wait three seconds
// for that, one more keyframe is asked for soon after a picture at rest began, and
// another when even a slow page must be ready.
type stillness struct {
	heard     uint16 // highest sequence number that the viewer has reported
	heardAt   time.Time
	reported  bool
	greeted   bool      // the first impatience was answered
	begun     time.Time // when the stream's first packets were sent; zero: not yet
	settled   int       // moments of settling that are over
	doubtedAt time.Time // last request that was taken for impatience
}

// begin notes that the stream begins, and says whether it did not before.
func (s *stillness) begin(now time.Time) bool {
	if !s.begun.IsZero() {
		return false
	}
	s.begun = now
	return true
}

// settle says, once for each moment of settling, whether another frame is needed
// after those that the stream began with: the newest packet came at lastSent.
func (s *stillness) settle(now, lastSent time.Time) bool {
	if s.settled == len(settling) || s.begun.IsZero() {
		return false
	}
	at := settling[s.settled]
	if now.Sub(s.begun) < at.after {
		return false
	}
	s.settled++
	return now.Sub(lastSent) >= at.quiet
}

// settled shows a picture at rest again when the viewer's page is taken to be
// ready. Nothing else is sent then, so it may ask sooner than others. The caller
// holds d.mu.
func (d *downTrack) settled(l *layer, now time.Time) {
	if d.stillness.settle(now, d.lastSent) {
		l.wantKeyframeWithin(settleSpacing, now)
	}
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
