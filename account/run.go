package account

import (
	"errors"
	"time"
)

// Run is one life of a session, from the wish for it to its end: what is metered.
type Run struct {
	ID      int64 // rises with time
	Session string
	Name    string // the session's
	User    string // whose it is
	Payer   string // whose plan it counts for: the user, or a team
	Plan    string // the payer's when it began; empty: no limits
	// Key is the idempotency key it was wished for with, and Wish a digest of
	// all that was wished for; both empty without one.
	Key, Wish string
	Created   time.Time
	Mark      time.Time     // until when it is metered; zero: it was not ready yet
	Used      time.Duration // what was metered
	Beat      time.Time     // its last sign of life
	Ended     time.Time     // zero: it runs
	Ready     time.Time     // when it first was; zero: never
	Failure   string        // why it never was, as a sentence for people
}

// Day is a day in UTC, as the days since 1970.
type Day int

// DayOf is the day of a moment.
func DayOf(t time.Time) Day { return Day(t.Unix() / (24 * 60 * 60)) }

// Time is when the day begins.
func (d Day) Time() time.Time { return time.Unix(int64(d)*24*60*60, 0).UTC() }

// Month is the calendar month of a moment, in UTC: its first day, and the first
// of the next.
func Month(t time.Time) (from, to Day) {
	y, m, _ := t.UTC().Date()
	return DayOf(time.Date(y, m, 1, 0, 0, 0, 0, time.UTC)), DayOf(time.Date(y, m+1, 1, 0, 0, 0, 0, time.UTC))
}

// Metering of runs. Whoever looks after a session beats for it. A beat counts
// the time since the run's mark and moves the mark, in one transaction: however
// many servers beat, and however often, no time counts twice. After a crash the
// next beat would find an old mark: time in which no server could show the
// session to anybody is not its user's.
const (
	BeatEvery = 15 * time.Second
	// maxGap is how much a beat counts at most.
	maxGap = 4 * BeatEvery
	// StaleAfter is how long a run that nobody beats for still counts as one
	// that runs.
	StaleAfter = 2 * time.Minute
)

// Span is time on one day.
type Span struct {
	Day  Day
	Long time.Duration
}

// Advance is what a beat at now counts on a run that is metered until mark: by
// day, and the new mark. A clock that went back counts nothing.
func Advance(mark, now time.Time) ([]Span, time.Time) {
	if mark.IsZero() {
		return nil, now
	}
	if !now.After(mark) {
		return nil, mark
	}
	at := mark
	if now.Sub(at) > maxGap {
		at = now.Add(-maxGap)
	}
	var spans []Span
	for at.Before(now) {
		day := DayOf(at)
		until := (day + 1).Time()
		if until.After(now) {
			until = now
		}
		spans = append(spans, Span{day, until.Sub(at)})
		at = until
	}
	return spans, now
}

// Use is what a run used on a day.
type Use struct {
	Day     Day
	Run     int64
	Session string
	Name    string // the session's
	User    string
	Login   string // the user's name; empty when the account is gone
	Payer   string // whose plan it counts for
	Plan    string
	Long    time.Duration
}

// Errors of runs.
var (
	ErrNoRun    = errors.New("no such session was ever started")
	ErrRepeated = errors.New("this was wished for before, with the same key")
	ErrKey      = errors.New("this idempotency key was used for another wish")
)

// KeepKeys is how long an idempotency key is remembered.
const KeepKeys = 24 * time.Hour
