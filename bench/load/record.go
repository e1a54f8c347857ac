package load

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"sync"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/easel-live/easel/signaling/client"
)

// Record joins a room as a viewer of VP8 and writes what it receives for a while
// as a recording: a line a frame.
func Record(ctx context.Context, server, token string, d time.Duration, to io.Writer) (err error) {
	target, err := url.Parse(server)
	if err != nil {
		return fmt.Errorf("%w: URL %q", ErrOption, server)
	}
	local, err := localTo(target)
	if err != nil {
		return err
	}
	api, err := newAPI(local, vp8{}, GCM128, Full)
	if err != nil {
		return err
	}
	r := &recorder{to: to}
	conn, err := client.Dial(ctx, client.Options{URL: server, Token: token, Subscribe: true, API: api}, r)
	if err != nil {
		return fmt.Errorf("load: record: %w", err)
	}
	if !sleep(ctx, d) {
		err = context.Cause(ctx)
	}
	err = closing(conn, err)
	r.readers.Wait()
	if err == nil {
		err = r.failed
	}
	return err
}

// recorder writes the frames of the first track, from a key frame on.
type recorder struct {
	quiet
	to      io.Writer
	readers sync.WaitGroup
	began   time.Time
	size    int
	failed  error
	once    sync.Once
}

// OnTrack starts the recording; further tracks are not recorded.
func (r *recorder) OnTrack(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
	r.once.Do(func() { r.readers.Go(func() { r.read(track, receiver) }) })
}

func (r *recorder) read(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
	if _, err := receiver.Transport().WriteRTCP([]rtcp.Packet{
		&rtcp.PictureLossIndication{MediaSSRC: uint32(track.SSRC())},
	}); err != nil {
		r.failed = err
		return
	}
	for {
		p, _, err := track.ReadRTP()
		if err != nil {
			return
		}
		if r.failed = r.add(p, time.Now()); r.failed != nil {
			return
		}
	}
}

func (r *recorder) add(p *rtp.Packet, now time.Time) error {
	if r.began.IsZero() {
		if !(vp8{}).keyStart(p.Payload) {
			return nil
		}
		r.began = now
	}
	d, ok := vp8Descriptor(p.Payload)
	if !ok {
		return nil
	}
	r.size += len(p.Payload) - d
	if !p.Marker {
		return nil
	}
	_, err := fmt.Fprintf(r.to, "%.1f %d\n", float64(now.Sub(r.began).Microseconds())/1000, r.size)
	r.size = 0
	return err
}
