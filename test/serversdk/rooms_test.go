package serversdk

import (
	"strings"
	"testing"

	"github.com/livekit/protocol/livekit"
	lksdk "github.com/livekit/server-sdk-go/v2"
)

func TestRoomServiceClient(t *testing.T) {
	ctx := t.Context()
	rooms := lksdk.NewRoomServiceClient("http"+strings.TrimPrefix(serverURL, "ws"), apiKey, apiSecret)
	made, err := rooms.CreateRoom(ctx, &livekit.CreateRoomRequest{Name: "office", EmptyTimeout: 60})
	if err != nil || made.GetName() != "office" {
		t.Fatalf("%v %v", made, err)
	}
	guest := sit(t, "office", "guest")
	waitFor(t, "the guest is active", func() bool {
		who, err := rooms.GetParticipant(ctx, &livekit.RoomParticipantIdentity{Room: "office", Identity: "guest"})
		return err == nil && who.GetState() == livekit.ParticipantInfo_ACTIVE
	})
	topic := "greeting"
	if _, err := rooms.SendData(ctx, &livekit.SendDataRequest{
		Room: "office", Data: []byte("good day"), Topic: &topic, Kind: livekit.DataPacket_RELIABLE,
	}); err != nil {
		t.Fatal(err)
	}
	hear(t, guest.data, ": good day")
	if _, err := rooms.UpdateRoomMetadata(ctx, &livekit.UpdateRoomMetadataRequest{Room: "office", Metadata: `{"floor":2}`}); err != nil {
		t.Error(err)
	}
	waitFor(t, "the guest sees the room's metadata", func() bool { return strings.Contains(guest.Metadata(), `"floor":2`) })
	if _, err := rooms.DeleteRoom(ctx, &livekit.DeleteRoomRequest{Room: "office"}); err != nil {
		t.Error(err)
	}
	left, err := rooms.ListRooms(ctx, &livekit.ListRoomsRequest{Names: []string{"office"}})
	if err != nil || len(left.GetRooms()) != 0 {
		t.Errorf("%v %v", left, err)
	}
}
