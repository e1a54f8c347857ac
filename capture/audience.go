package capture

import "time"

// Watched says whether somebody watches a layer. One that nobody watches is not
// encoded; when nobody watches any, nothing is captured either. A layer that is
// watched again starts with a keyframe, at once. At first the layers of the
// first rendition are.
func (s *Stream) Watched(id LayerID, is bool) {
	l := s.find(id)
	if l == nil {
		return
	}
	if is && l.unwatched.Load() {
		l.keyWanted.Store(true)
		l.fresh.Store(true)
	}
	l.unwatched.Store(!is)
	s.poke()
}

// find is the layer with this ID, or nil.
func (s *Stream) find(id LayerID) *layer {
	for _, l := range s.layers {
		if l.id == id {
			return l
		}
	}
	return nil
}

// attend has an encoder for each layer that is watched, and keeps the pictures
// that those encode. What a picture missed while nobody used it is captured
// again.
func (s *Stream) attend() error {
	for _, c := range s.sources {
		c.used = false
	}
	for _, l := range s.layers {
		if l.unwatched.Load() {
			l.close()
			continue
		}
		l.source.used = true
		if l.source.from != nil {
			l.source.from.used = true
		}
		if l.encoder == nil {
			if err := l.restart(); err != nil {
				return &EncoderError{l.codec, err}
			}
		}
	}
	for _, c := range s.sources {
		if c.used && c.from == nil {
			s.dirty.AddRegion(&c.stale)
		}
	}
	return nil
}

// best is the largest layer that is watched, the most preferred one of these, or
// nil.
func (s *Stream) best() *layer {
	for _, l := range s.layers {
		if !l.unwatched.Load() {
			return l
		}
	}
	return nil
}

// captureWait is how long the next capture has to wait: for the soonest turn of
// a layer that is watched.
func (s *Stream) captureWait(now time.Duration) time.Duration {
	wait := never
	for _, l := range s.layers {
		if !l.unwatched.Load() {
			wait = min(wait, max(l.pace.wait(now), s.retry-now))
		}
	}
	return wait
}
