package client

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/livekit/protocol/livekit"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// VideoTrack is a published track.
type VideoTrack struct {
	conn    *Conn
	sid     string
	senders [][]*sender // as spec.Renditions, and their layers
}

// PublishVideo publishes a track; WriteRTP works once it returns. That takes
// the transport to be up, so give ctx a deadline.
func (c *Conn) PublishVideo(ctx context.Context, spec VideoSpec) (*VideoTrack, error) {
	if len(spec.Renditions) == 0 {
		return nil, errors.New("client: a track without a codec")
	}
	senders := make([][]*sender, len(spec.Renditions))
	for i, r := range spec.Renditions {
		if len(r.Layers) == 0 || len(r.Layers) > len(qualities) {
			return nil, fmt.Errorf("client: %d layers, want 1 to %d", len(r.Layers), len(qualities))
		}
		senders[i] = newSenders(r)
	}
	sid, err := c.addTrack(ctx, senders, spec)
	if err != nil {
		return nil, err
	}
	for i := range senders {
		if err := c.attach(i, senders[i], spec.OnRTCP); err != nil {
			return nil, err
		}
	}
	c.published.add(sid, spec)
	c.offers.again()
	for _, s := range slices.Concat(senders...) {
		select {
		case <-s.bound:
		case <-ctx.Done():
			return nil, fmt.Errorf("client: publish %s: %w", spec.Name, context.Cause(ctx))
		case <-c.ctx.Done():
			return nil, fmt.Errorf("client: publish %s: %w", spec.Name, context.Cause(c.ctx))
		}
	}
	return &VideoTrack{conn: c, sid: sid, senders: senders}, nil
}

// attach adds a rendition to the transport, in a section of its own, and starts
// reading its feedback.
func (c *Conn) attach(rendition int, senders []*sender, onRTCP func(rendition, layer int, pkt rtcp.Packet)) error {
	t, err := c.pc.AddTransceiverFromTrack(senders[0], webrtc.RTPTransceiverInit{
		Direction: webrtc.RTPTransceiverDirectionSendonly,
	})
	if err != nil {
		return fmt.Errorf("client: add track: %w", err)
	}
	for _, s := range senders[1:] {
		if err := t.Sender().AddEncoding(s); err != nil {
			return fmt.Errorf("client: add layer %s: %w", s.RID(), err)
		}
	}
	for i, s := range senders {
		s.transceiver = t
		c.watchers.Go(func() {
			s.watch(t.Sender(), func(pkt rtcp.Packet) {
				if onRTCP != nil {
					onRTCP(rendition, i, pkt)
				}
			})
		})
	}
	return nil
}

// WriteRTP sends a packet of a rendition's layer. The track sets SSRC, payload type and
// header extensions; sequence number, timestamp and marker are the caller's. A
// packet that the network does not take is lost without an error; ErrClosed
// tells that the track has ended.
func (t *VideoTrack) WriteRTP(rendition, layer int, pkt *rtp.Packet) error {
	return t.senders[rendition][layer].write(pkt)
}

// SetDimensions tells the room the track's new size after a display resize, in
// layers that every rendition may have.
func (t *VideoTrack) SetDimensions(layers []Layer) error {
	full := layers[len(layers)-1]
	//lint:ignore SA1019 the only message that carries each layer's size
	sizes := &livekit.UpdateVideoLayers{TrackSid: t.sid, Layers: videoLayers(layers)}
	//lint:ignore SA1019 as above
	err := t.conn.send(&livekit.SignalRequest{Message: &livekit.SignalRequest_UpdateLayers{UpdateLayers: sizes}})
	if err != nil {
		return err
	}
	return t.conn.send(&livekit.SignalRequest{Message: &livekit.SignalRequest_UpdateVideoTrack{
		UpdateVideoTrack: &livekit.UpdateLocalVideoTrack{
			TrackSid: t.sid, Width: uint32(full.Width), Height: uint32(full.Height),
		},
	}})
}

// addTrack announces the track and waits for the server's word.
func (c *Conn) addTrack(ctx context.Context, senders [][]*sender, spec VideoSpec) (sid string, err error) {
	first := spec.Renditions[0].Layers
	full := first[len(first)-1]
	cid := senders[0][0].ID()
	codecs := make([]*livekit.SimulcastCodec, len(spec.Renditions))
	for i, r := range spec.Renditions {
		codecs[i] = &livekit.SimulcastCodec{Codec: codecName(r.Codec), Cid: senders[i][0].ID(), Layers: videoLayers(r.Layers)}
	}
	answer := c.adding.start(cid)
	defer c.adding.end(cid)
	if err := c.send(&livekit.SignalRequest{Message: &livekit.SignalRequest_AddTrack{
		AddTrack: &livekit.AddTrackRequest{
			Cid: cid, Name: spec.Name, Type: livekit.TrackType_VIDEO,
			Source: livekit.TrackSource_SCREEN_SHARE,
			Width:  uint32(full.Width), Height: uint32(full.Height),
			Layers:          videoLayers(first),
			SimulcastCodecs: codecs,
		},
	}}); err != nil {
		return "", err
	}
	select {
	case a := <-answer:
		return a.sid, a.err
	case <-ctx.Done():
		return "", fmt.Errorf("client: announce %s: %w", spec.Name, context.Cause(ctx))
	case <-c.ctx.Done():
		return "", fmt.Errorf("client: announce %s: %w", spec.Name, context.Cause(c.ctx))
	}
}

// codecName is LiveKit's name for a codec, with the parameters that make it
// another one to a decoder: "vp9", "vp9;profile-id=1".
func codecName(c webrtc.RTPCodecCapability) string {
	_, name, _ := strings.Cut(strings.ToLower(c.MimeType), "/")
	if c.SDPFmtpLine != "" {
		name += ";" + c.SDPFmtpLine
	}
	return name
}

// videoLayers names layers as LiveKit does: by RID, or else the largest is HIGH.
func videoLayers(layers []Layer) []*livekit.VideoLayer {
	out := make([]*livekit.VideoLayer, len(layers))
	skip := len(qualities) - len(layers)
	for i, l := range layers {
		quality, named := rids[l.RID]
		if !named {
			quality = qualities[skip+i]
		}
		out[i] = &livekit.VideoLayer{
			Quality: quality, Rid: l.RID, SpatialLayer: int32(i),
			Width: uint32(l.Width), Height: uint32(l.Height), Bitrate: uint32(l.BitsPerSecond),
		}
	}
	return out
}

var rids = map[string]livekit.VideoQuality{
	"q": livekit.VideoQuality_LOW, "h": livekit.VideoQuality_MEDIUM, "f": livekit.VideoQuality_HIGH,
}

var qualities = [...]livekit.VideoQuality{
	livekit.VideoQuality_LOW, livekit.VideoQuality_MEDIUM, livekit.VideoQuality_HIGH,
}

// adding are the announced tracks that the server has not answered yet.
type adding struct {
	mu      sync.Mutex
	waiting map[string]chan added // by cid
}

type added struct {
	sid string
	err error
}

func newAdding() adding { return adding{waiting: make(map[string]chan added)} }

func (a *adding) start(cid string) <-chan added {
	a.mu.Lock()
	defer a.mu.Unlock()
	ch := make(chan added, 1)
	a.waiting[cid] = ch
	return ch
}

func (a *adding) end(cid string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.waiting, cid)
}

func (a *adding) published(r *livekit.TrackPublishedResponse) {
	a.answer(r.GetCid(), added{sid: r.GetTrack().GetSid()})
}

func (a *adding) refused(cid string, err error) { a.answer(cid, added{err: err}) }

func (a *adding) answer(cid string, with added) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if ch, ok := a.waiting[cid]; ok {
		delete(a.waiting, cid)
		ch <- with
	}
}
