package load

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/easel-live/easel/signaling/client"
)

// quiet is a client.Handler that only notes how the connection ended.
type quiet struct{ end atomic.Pointer[error] }

// OnParticipant is of no interest.
func (*quiet) OnParticipant(client.Participant) {}

// OnData is of no interest.
func (*quiet) OnData(string, string, []byte) {}

// OnTrack is of no interest.
func (*quiet) OnTrack(*webrtc.TrackRemote, *webrtc.RTPReceiver) {}

// OnClosed notes the end.
func (q *quiet) OnClosed(err error) {
	if err != nil {
		q.end.Store(&err)
	}
}

// lost is why the connection ended by itself, or nil.
func (q *quiet) lost() error {
	if err := q.end.Load(); err != nil {
		return *err
	}
	return nil
}

// viewer watches one room and keeps nothing but counts.
type viewer struct {
	quiet
	tally
	conn    *client.Conn
	readers sync.WaitGroup
}

// watch joins as a viewer; its packets are counted from then on.
func watch(ctx context.Context, opts client.Options, format format) (*viewer, error) {
	v := &viewer{tally: tally{format: format}}
	v.began = time.Now()
	conn, err := client.Dial(ctx, opts, v)
	if err != nil {
		return nil, fmt.Errorf("load: viewer: %w", err)
	}
	v.conn = conn
	return v, nil
}

// OnTrack starts reading a track; the reading ends with the connection.
func (v *viewer) OnTrack(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
	v.readers.Go(func() { v.read(track, receiver) })
}

// blindFor is how long a viewer waits for its first picture before it asks for
// a key frame, and asks again; browsers wait about as long.
const blindFor = 300 * time.Millisecond

func (v *viewer) read(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
	buffer := make([]byte, 1600)
	header := rtp.Header{}
	asked := time.Now()
	for {
		n, _, err := track.Read(buffer)
		if err != nil {
			return
		}
		now := time.Now()
		start, err := header.Unmarshal(buffer[:n])
		if err != nil {
			continue
		}
		end := n
		if header.Padding {
			end = max(start, n-int(buffer[n-1]))
		}
		if blind := v.add(buffer[start:end], header.Marker, now); blind && now.Sub(asked) > blindFor {
			asked = now
			// A request that is not sent is repeated.
			_, _ = receiver.Transport().WriteRTCP([]rtcp.Packet{
				&rtcp.PictureLossIndication{MediaSSRC: uint32(track.SSRC())},
			})
		}
	}
}

// close leaves the room and waits for the readers.
func (v *viewer) close() error {
	err := v.conn.Close()
	v.readers.Wait()
	return err
}

// closing closes a connection that an error made useless.
func closing(conn *client.Conn, err error) error {
	return errors.Join(err, conn.Close())
}
