package signaling_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/livekit/protocol/auth"
	"github.com/livekit/protocol/livekit"
	"github.com/twitchtv/twirp"

	"github.com/easel-live/easel/internal/room"
)

// rooms is a RoomService client whose requests carry a token with this grant.
func (h *house) rooms(grant *auth.VideoGrant) (livekit.RoomService, context.Context) {
	h.t.Helper()
	raw, err := auth.NewAccessToken(testKey, testSecret).SetVideoGrant(grant).SetValidFor(time.Minute).ToJWT()
	if err != nil {
		h.t.Fatal(err)
	}
	ctx, err := twirp.WithHTTPRequestHeaders(h.t.Context(), http.Header{"Authorization": {"Bearer " + raw}})
	if err != nil {
		h.t.Fatal(err)
	}
	return livekit.NewRoomServiceProtobufClient(h.http.URL, h.http.Client()), ctx
}

func wantCode(t *testing.T, what string, err error, want twirp.ErrorCode) {
	t.Helper()
	var coded twirp.Error
	if !errors.As(err, &coded) || coded.Code() != want {
		t.Errorf("%s: %v, want %s", what, err, want)
	}
}

func TestRoomServiceAsksForPowers(t *testing.T) {
	h := open(t, nil)
	h.enter("somebody", room.Viewer)
	svc, joiner := h.rooms(&auth.VideoGrant{RoomJoin: true, Room: "studio"})
	_, elsewhere := h.rooms(&auth.VideoGrant{RoomAdmin: true, Room: "attic"})
	for name, ctx := range map[string]context.Context{"joiner": joiner, "elsewhere": elsewhere} {
		_, err := svc.CreateRoom(ctx, &livekit.CreateRoomRequest{Name: "studio"})
		wantCode(t, name+" creates", err, twirp.PermissionDenied)
		_, err = svc.ListRooms(ctx, &livekit.ListRoomsRequest{})
		wantCode(t, name+" lists", err, twirp.PermissionDenied)
		_, err = svc.DeleteRoom(ctx, &livekit.DeleteRoomRequest{Room: "studio"})
		wantCode(t, name+" deletes", err, twirp.PermissionDenied)
		_, err = svc.ListParticipants(ctx, &livekit.ListParticipantsRequest{Room: "studio"})
		wantCode(t, name+" lists people", err, twirp.PermissionDenied)
		_, err = svc.RemoveParticipant(ctx, &livekit.RoomParticipantIdentity{Room: "studio", Identity: "somebody"})
		wantCode(t, name+" removes", err, twirp.PermissionDenied)
		_, err = svc.SendData(ctx, &livekit.SendDataRequest{Room: "studio"})
		wantCode(t, name+" sends", err, twirp.PermissionDenied)
		_, err = svc.UpdateRoomMetadata(ctx, &livekit.UpdateRoomMetadataRequest{Room: "studio", Metadata: "{}"})
		wantCode(t, name+" notes", err, twirp.PermissionDenied)
	}
	_, err := svc.ListRooms(t.Context(), &livekit.ListRoomsRequest{})
	wantCode(t, "nobody", err, twirp.Unauthenticated)
}

func TestRoomServiceRunsARoom(t *testing.T) {
	h := open(t, nil)
	svc, host := h.rooms(&auth.VideoGrant{RoomCreate: true, RoomList: true})
	_, admin := h.rooms(&auth.VideoGrant{RoomAdmin: true, Room: "studio"})
	made, err := svc.CreateRoom(host, &livekit.CreateRoomRequest{Name: "studio", MaxParticipants: 3, EmptyTimeout: 60, Metadata: `{"a":1}`})
	if err != nil || made.GetName() != "studio" || made.GetMaxParticipants() != 3 {
		t.Fatalf("%v %v", made, err)
	}
	list, err := svc.ListRooms(host, &livekit.ListRoomsRequest{Names: []string{"studio", "attic"}})
	if err != nil || len(list.GetRooms()) != 1 || list.GetRooms()[0].GetSid() != made.GetSid() {
		t.Fatalf("%v %v", list, err)
	}
	owner, viewer := h.enter("owner", room.Owner), h.enter("viewer", room.Viewer)
	owner.until("both are there", func() bool { return owner.people["viewer"].Active })

	changed, err := svc.UpdateRoomMetadata(admin, &livekit.UpdateRoomMetadataRequest{Room: "studio", Metadata: `{"b":2,"lease":null}`})
	if err != nil || !strings.Contains(changed.GetMetadata(), `"b":2`) || !strings.Contains(changed.GetMetadata(), `"holder":"owner"`) {
		t.Errorf("%v %v", changed, err)
	}
	_, err = svc.UpdateRoomMetadata(admin, &livekit.UpdateRoomMetadataRequest{Room: "studio", Metadata: "plain"})
	wantCode(t, "metadata that is no object", err, twirp.InvalidArgument)

	people, err := svc.ListParticipants(admin, &livekit.ListParticipantsRequest{Room: "studio"})
	if err != nil || len(people.GetParticipants()) != 2 {
		t.Errorf("%v %v", people, err)
	}
	_, err = svc.GetParticipant(admin, &livekit.RoomParticipantIdentity{Room: "studio", Identity: "ghost"})
	wantCode(t, "a ghost", err, twirp.NotFound)

	info, err := svc.UpdateParticipant(admin, &livekit.UpdateParticipantRequest{Room: "studio", Identity: "viewer", Name: "V", Attributes: map[string]string{"seat": "4"}})
	if err != nil || info.GetName() != "V" || info.GetAttributes()["seat"] != "4" {
		t.Errorf("%v %v", info, err)
	}
	owner.until("the change is seen", func() bool { return owner.people["viewer"].Attributes["seat"] == "4" })
	role := func(r string) *livekit.UpdateParticipantRequest {
		return &livekit.UpdateParticipantRequest{Room: "studio", Identity: "viewer", Attributes: map[string]string{room.RoleAttribute: r}}
	}
	_, err = svc.UpdateParticipant(admin, role("agent"))
	wantCode(t, "a person as an agent", err, twirp.InvalidArgument)
	if _, err = svc.UpdateParticipant(admin, role("editor")); err != nil {
		t.Error(err)
	}
	owner.until("the role is seen", func() bool { return owner.people["viewer"].Attributes[room.RoleAttribute] == "editor" })
	_, err = svc.UpdateParticipant(admin, &livekit.UpdateParticipantRequest{Room: "studio", Identity: "viewer", Attributes: map[string]string{"easel.display": "1x1"}})
	wantCode(t, "an attribute of the server's", err, twirp.PermissionDenied)
	_, err = svc.UpdateParticipant(admin, &livekit.UpdateParticipantRequest{Room: "studio", Identity: "viewer", Permission: &livekit.ParticipantPermission{CanPublish: true}})
	wantCode(t, "permissions", err, twirp.Unimplemented)

	topic, input := "notice", "easel.input"
	if _, err = svc.SendData(admin, &livekit.SendDataRequest{Room: "studio", Data: []byte("hi"), Topic: &topic, DestinationIdentities: []string{"viewer"}}); err != nil {
		t.Error(err)
	}
	viewer.until("the packet arrives", viewer.heard(message{"", "notice", "hi"}))
	if owner.holds(owner.heard(message{"", "notice", "hi"})) {
		t.Error("a packet for the viewer reached the owner")
	}
	_, err = svc.SendData(admin, &livekit.SendDataRequest{Room: "studio", Data: []byte("x"), Topic: &input})
	wantCode(t, "input from outside", err, twirp.PermissionDenied)
	_, err = svc.SendData(admin, &livekit.SendDataRequest{Room: "studio", Data: make([]byte, 65<<10)})
	wantCode(t, "a packet too large", err, twirp.InvalidArgument)

	if _, err = svc.RemoveParticipant(admin, &livekit.RoomParticipantIdentity{Room: "studio", Identity: "viewer"}); err != nil {
		t.Error(err)
	}
	viewer.until("the viewer is sent away", func() bool { return viewer.closed })
	if _, err = svc.DeleteRoom(host, &livekit.DeleteRoomRequest{Room: "studio"}); err != nil {
		t.Error(err)
	}
	owner.until("the owner is sent away", func() bool { return owner.closed })
	_, err = svc.DeleteRoom(host, &livekit.DeleteRoomRequest{Room: "studio"})
	wantCode(t, "a room that is gone", err, twirp.NotFound)
}

func TestRoomServiceAndTracks(t *testing.T) {
	h := open(t, nil)
	agent, viewer := h.enter("agent", room.Agent), h.enter("viewer", room.Viewer)
	agent.feed()
	viewer.until("it receives", func() bool { return viewer.packets > 10 })
	svc, admin := h.rooms(&auth.VideoGrant{RoomAdmin: true, Room: "studio"})
	info, err := svc.GetParticipant(admin, &livekit.RoomParticipantIdentity{Room: "studio", Identity: "agent"})
	if err != nil || len(info.GetTracks()) != 1 {
		t.Fatalf("%v %v", info, err)
	}
	sid := info.GetTracks()[0].GetSid()
	_, err = svc.MutePublishedTrack(admin, &livekit.MuteRoomTrackRequest{Room: "studio", Identity: "agent", TrackSid: sid, Muted: true})
	wantCode(t, "muting the canvas", err, twirp.FailedPrecondition)
	_, err = svc.UpdateSubscriptions(admin, &livekit.UpdateSubscriptionsRequest{Room: "studio", Identity: "viewer", TrackSids: []string{"TR_none"}})
	wantCode(t, "a track that is not", err, twirp.NotFound)
	if _, err = svc.UpdateSubscriptions(admin, &livekit.UpdateSubscriptionsRequest{Room: "studio", Identity: "viewer", TrackSids: slices.Repeat([]string{sid}, 2)}); err != nil {
		t.Error(err)
	}
	viewer.waitMetric(h, "easel_sfu_subscriptions", 0)
}
