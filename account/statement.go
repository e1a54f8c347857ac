package account

import (
	"context"
	"time"
)

// Statement is what counted for a payer on a day that is over: told to whoever
// bills for it until they have it.
type Statement struct {
	Day      Day
	Payer    string // a user or a team
	Long     time.Duration
	Attempts int // that were begun
}

// ID names a statement for good: whoever is told it twice knows it by that.
func (s Statement) ID() string {
	return "usage-" + s.Day.Time().Format(time.DateOnly) + "-" + s.Payer
}

// SettleAfter is how long after a day its statements are made: nothing can count
// on it any more, for a beat counts at most maxGap back.
const SettleAfter = 10 * time.Minute

// statementDays is how far back days are looked at that have no statement yet.
const statementDays = 31

// Settled are the days of which statements can be made.
func Settled(now time.Time) (from, to Day) {
	to = DayOf(now.Add(-SettleAfter))
	return to - statementDays, to
}

// PutOff is how long after the beginning of an attempt the next one comes, if it
// was the nth.
func PutOff(n int) time.Duration {
	const least, most = time.Minute, time.Hour
	if n > 6 {
		return most
	}
	return min(least<<max(n-1, 0), most)
}

// Outbox keeps the statements until they are delivered.
type Outbox interface {
	// State makes the statements that are missing of days, once each, and
	// forgets those delivered of long before.
	State(ctx context.Context, from, to Day, now time.Time) (made int, err error)
	// Due begins an attempt at statements that wait for one, the oldest first;
	// nobody else gets them until it is put off to.
	Due(ctx context.Context, now time.Time, limit int) ([]Statement, error)
	// Delivered notes that a statement arrived.
	Delivered(ctx context.Context, s Statement, now time.Time) error
	// Uses are by day and run, of a payer.
	Uses(ctx context.Context, payer string, from, to Day) ([]Use, error)
}
