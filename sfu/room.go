package sfu

// Room connects the publications of some peers with the subscriptions of others.
type Room struct{}

// Join adds a participant's media side. The ID must be unique in the room.
func (r *Room) Join(id ParticipantID, opts PeerOptions, obs PeerObserver) (*Peer, error) {
	panic("skeleton")
}

// Publications are the tracks announced in the room, with or without media yet.
func (r *Room) Publications() []PublicationInfo { panic("skeleton") }

// Close ends every peer and waits until nothing of the room runs any more.
func (r *Room) Close() { panic("skeleton") }
