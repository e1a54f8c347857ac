package sfu

import (
	"time"

	"github.com/pion/webrtc/v4"
)

// format is how one rendition goes to one viewer.
type format struct {
	playable    bool  // the viewer can decode it
	payloadType uint8 // of the viewer's session
	rtx         uint8 // 0: none
}

// learnFormats looks again which renditions the viewer can decode, after it
// negotiated or more became known of what is published. Of a viewer of whom
// nothing is known yet nothing is assumed, unless there is no choice. The caller
// holds d.mu.
func (d *downTrack) learnFormats() {
	known := d.pub.codecs.Load()
	if d.learned == known {
		return
	}
	d.learned, d.isPlaying = known, false
	d.pub.mu.Lock()
	defer d.pub.mu.Unlock()
	only := len(d.codecs) == 0 && len(d.pub.renditions) == 1
	for i, r := range d.pub.renditions {
		codec, rtx, ok := matchCodec(d.codecs, r.codec)
		ok = ok || only || r.codec.MimeType == ""
		d.formats[i] = format{playable: ok, payloadType: uint8(codec.PayloadType), rtx: uint8(rtx)}
		d.isPlaying = d.isPlaying || ok
	}
}

// expect takes what the viewer's session says it can decode, before the
// transport is up: so that the publisher begins with what will be sent.
func (d *downTrack) expect(codecs []webrtc.RTPCodecParameters) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.writer != nil {
		return
	}
	d.codecs, d.learned = codecs, 0
	d.aim()
}

// view is what the viewer can have of the publication: for each quality the
// rendition that its publisher prefers among those that the viewer can decode.
// Only what has come counts, or, if announced, also what is still to come.
// What was asked for and does not come is passed over.
// The caller holds d.mu.
func (d *downTrack) view(announced bool) (c [qualities]choice) {
	now := time.Now()
	for q := range Quality(qualities) {
		c[q].quality = q
		for i, r := range d.pub.renditions {
			l := r.layers.Load()[q]
			if !d.formats[i].playable || l == nil && !(announced && r.offers(q) && !r.isMissing(now)) {
				continue
			}
			size := r.sizes.Load()[q]
			c[q] = choice{
				layerID: layerID{i, q}, layer: l, live: true,
				width: size.width, height: size.height,
			}
			break
		}
	}
	return c
}

// substitute is the best layer that packets come on, when none come on l: a
// publisher short of bandwidth gives up its upper layers. nil when l is fine,
// when everything rests, or when the other layer has only begun: it may have
// been started for somebody else, on a picture at rest. The caller holds d.mu.
func (d *downTrack) substitute(l *layer, now time.Time) *layer {
	if !d.pub.spec.Video || l.isFresh(now, layerStall) {
		return nil
	}
	var best *layer
	for _, c := range d.view(false) {
		if other := c.layer; other != nil && other != l && other.isFresh(now, layerPause) && now.UnixNano()-other.busy.Load() >= int64(layerStall) {
			best = other
		}
	}
	return best
}
