package account

import "time"

// Event is something that somebody did to accounts or with them: a line of the
// journal.
type Event struct {
	ID      int64 // rises with time
	At      time.Time
	Actor   string // user ID; empty for strangers and the server itself
	Name    string // the actor's, as it was
	Action  string // a word, such as "user.created"
	Target  string // the ID of what it was done to
	Address string // where the request came from
	Detail  string
}

// maxDetailBytes bounds an event's detail.
const maxDetailBytes = 256

// KeepEvents is how long the journal remembers.
const KeepEvents = 400 * 24 * time.Hour
