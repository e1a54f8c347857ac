package capture

import "time"

// Watched says whether somebody watches a layer. One that nobody watches is not
// encoded; when nobody watches any, nothing is captured either. A layer that is
// watched again starts with a keyframe, at once.
func (s *Stream) Watched(layer int, is bool) {
	l := s.layers[layer]
	if is && l.unwatched.Load() {
		l.keyWanted.Store(true)
		l.fresh.Store(true)
	}
	l.unwatched.Store(!is)
	s.poke()
}

// best is the largest layer that is watched, or nil.
func (s *Stream) best() *layer {
	for i := layerCount - 1; i >= 0; i-- {
		if l := s.layers[i]; !l.unwatched.Load() {
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
