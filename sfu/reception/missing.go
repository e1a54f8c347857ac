package reception

import "time"

const (
	// patience is how long a packet may be late before it is asked for.
	patience = 5 * time.Millisecond
	// askAgain is when it is asked for the second time; after that the pause
	// doubles, since a long round trip makes early questions vain.
	askAgain = 20 * time.Millisecond
	maxAsks  = 6
	// maxMissing bounds what is awaited. Whoever lacks more needs a keyframe.
	maxMissing = 512
)

// missing are the packets that are awaited, oldest first.
type missing struct{ list []lack }

type lack struct {
	sequence uint16
	asked    int
	due      time.Time
}

func (m *missing) lack(sequence uint16, now time.Time) {
	if len(m.list) == maxMissing {
		m.list = append(m.list[:0], m.list[1:]...)
	}
	m.list = append(m.list, lack{sequence: sequence, due: now.Add(patience)})
}

func (m *missing) have(sequence uint16) {
	for i := range m.list {
		if m.list[i].sequence == sequence {
			m.list = append(m.list[:i], m.list[i+1:]...)
			return
		}
	}
}

// due are the packets to be asked for now, and when the next one is; those that
// were asked for often enough are forgotten.
func (m *missing) due(now time.Time) (sequences []uint16, next time.Time) {
	kept := m.list[:0]
	for _, l := range m.list {
		if !now.Before(l.due) {
			if l.asked == maxAsks {
				continue
			}
			sequences = append(sequences, l.sequence)
			l.due = now.Add(askAgain << l.asked)
			l.asked++
		}
		if next.IsZero() || l.due.Before(next) {
			next = l.due
		}
		kept = append(kept, l)
	}
	m.list = kept
	return sequences, next
}
