package token

import (
	"fmt"

	"github.com/livekit/protocol/auth"
)

// Powers is what a verified token lets a program do to rooms, without joining.
type Powers struct {
	Create bool   // create and delete any room
	List   bool   // list all rooms
	Admin  bool   // run Room: its people, tracks, data and metadata
	Room   string // that Admin is about
}

// Powers checks signature and lifetime of an encoded token, and reads what it
// allows. A token that allows nothing is valid all the same.
func (k Keys) Powers(raw string) (Powers, error) {
	_, _, grants, err := k.open(raw)
	if err != nil {
		return Powers{}, err
	}
	v := grants.Video
	if v == nil {
		v = &auth.VideoGrant{}
	}
	return Powers{Create: v.RoomCreate, List: v.RoomList, Admin: v.RoomAdmin, Room: v.Room}, nil
}

// Over says whether the powers reach a room's inside; the error says why not.
func (p Powers) Over(room string) error {
	switch {
	case !p.Admin:
		return fmt.Errorf("%w: it has no roomAdmin grant", ErrPowers)
	case p.Room != room:
		return fmt.Errorf("%w: its roomAdmin grant is for another room", ErrPowers)
	}
	return nil
}
