package signaling

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/livekit/protocol/livekit"
	"github.com/twitchtv/twirp"

	"github.com/easel-live/easel/internal/room"
)

// maxEmpty bounds how long a room may be asked to stay open without anybody.
const maxEmpty = 24 * time.Hour

// CreateRoom opens a room ahead of its people, or changes one that is open.
func (s service) CreateRoom(ctx context.Context, req *livekit.CreateRoomRequest) (*livekit.Room, error) {
	switch {
	case !powersOf(ctx).Create:
		return nil, twirp.NewError(twirp.PermissionDenied, "the access token has no roomCreate grant")
	case req.GetEgress() != nil || len(req.GetAgents()) > 0:
		return nil, unsupported("egress or dispatching agents with a room")
	case time.Duration(max(req.GetEmptyTimeout(), req.GetDepartureTimeout()))*time.Second > maxEmpty:
		return nil, twirp.NewError(twirp.InvalidArgument, fmt.Sprintf("a room stays open without people for at most %v", maxEmpty))
	}
	if err := room.CheckName(req.GetName()); err != nil {
		return nil, twirp.NewError(twirp.InvalidArgument, "name: "+err.Error())
	}
	if _, err := s.server.open(req.GetName()); err != nil {
		return nil, twirpError(err)
	}
	var made *livekit.Room
	err := s.onRoom(req.GetName(), func(r *liveRoom) error {
		if err := r.configure(req); err != nil {
			return err
		}
		made = copyOf(r.describe())
		return nil
	})
	return made, err
}

// configure takes a room's settings, those that are given.
func (r *liveRoom) configure(req *livekit.CreateRoomRequest) error {
	if text := req.GetMetadata(); text != "" {
		if err := r.setMetadata(text); err != nil {
			return err
		}
	}
	if n := req.GetMaxParticipants(); n > 0 {
		r.info.MaxParticipants = min(n, uint32(r.server.cfg.Limits.Participants))
	}
	if seconds := req.GetEmptyTimeout(); seconds > 0 {
		r.info.EmptyTimeout, r.unused = seconds, time.Duration(seconds)*time.Second
	}
	if seconds := req.GetDepartureTimeout(); seconds > 0 {
		r.info.DepartureTimeout, r.deserted = seconds, time.Duration(seconds)*time.Second
	}
	if len(r.present) == 0 {
		r.empty.Stop()
		r.armEmpty()
	}
	return nil
}

// ListRooms lists open rooms: all, or those named.
func (s service) ListRooms(ctx context.Context, req *livekit.ListRoomsRequest) (*livekit.ListRoomsResponse, error) {
	if !powersOf(ctx).List {
		return nil, twirp.NewError(twirp.PermissionDenied, "the access token has no roomList grant")
	}
	list := &livekit.ListRoomsResponse{}
	for _, r := range s.server.openRooms() {
		if names := req.GetNames(); len(names) > 0 && !slices.Contains(names, r.name) {
			continue
		}
		r.call(func() {
			if !r.closed {
				list.Rooms = append(list.Rooms, copyOf(r.describe()))
			}
		})
	}
	slices.SortFunc(list.Rooms, func(a, b *livekit.Room) int { return strings.Compare(a.GetName(), b.GetName()) })
	return list, nil
}

// DeleteRoom closes a room and sends everyone in it away.
func (s service) DeleteRoom(ctx context.Context, req *livekit.DeleteRoomRequest) (*livekit.DeleteRoomResponse, error) {
	if !powersOf(ctx).Create {
		return nil, twirp.NewError(twirp.PermissionDenied, "the access token has no roomCreate grant")
	}
	if s.server.find(req.GetRoom()) == nil {
		return nil, twirpError(errNoRoom)
	}
	s.server.CloseRoom(req.GetRoom())
	return &livekit.DeleteRoomResponse{}, nil
}

// UpdateRoomMetadata replaces the room's metadata, but for the lease in it.
func (s service) UpdateRoomMetadata(ctx context.Context, req *livekit.UpdateRoomMetadataRequest) (*livekit.Room, error) {
	var changed *livekit.Room
	err := s.inRoom(ctx, req.GetRoom(), func(r *liveRoom) error {
		if err := r.setMetadata(req.GetMetadata()); err != nil {
			return err
		}
		r.broadcast(r.roomUpdate())
		changed = copyOf(r.describe())
		return nil
	})
	return changed, err
}
