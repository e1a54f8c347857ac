package sfu

import "cmp"

// span is which rungs of a layer a viewer may be given, and what they take. Its
// least is half the frames: who cannot have that is better served by a smaller
// layer. The smallest layer goes down to its last rung.
type span struct {
	rungs       *rungs // nil: the layer has none
	least, most uint8
}

func newSpan(r *rungs, most uint8, isSmallest bool) span {
	s := span{rungs: r, most: r.reach(most)}
	s.least = s.most
	for s.least > 0 && (isSmallest || s.needs(s.least) == s.needs(s.most)) {
		if !isSmallest && r.ladder.Rungs[s.least-1].Spatial != r.ladder.Rungs[s.most].Spatial {
			break
		}
		s.least--
	}
	return s
}

// needs is what a rung takes, in bits per second.
func (s *span) needs(rung uint8) int { return s.rungs.meters[rung].need() }

// climb is the best rung for which there is room beyond what the least takes,
// with the hysteresis of layers; more is what it takes beyond.
func (s *span) climb(left int, has uint8, mayRaise bool) (rung uint8, more int) {
	rung = s.least
	for up := s.least + 1; up <= s.most; up++ {
		room := roomToStay
		if up > has {
			if room = roomToRaise; !mayRaise {
				break
			}
		}
		if extra := s.needs(up) - s.needs(s.least); float64(extra)*room <= float64(left) {
			rung, more = up, max(extra, 0)
		}
	}
	return rung, more
}

// suits is the best rung for what the viewer asked for: of spatial layers the
// smallest that covers the size shown, and one less for each quality below the
// best. c is the layer as announced.
func (r *rungs) suits(p Preference, c choice) uint8 {
	count := r.ladder.Spatials()
	if count == 1 {
		return anyRung
	}
	most := max(count-1-int(High-p.MaxQuality), 0)
	best := uint8(anyRung)
	for i, rung := range r.ladder.Rungs {
		s := int(rung.Spatial)
		if s > most {
			break
		}
		best = uint8(i)
		width, height := rung.Width, rung.Height
		if width == 0 {
			width, height = c.width>>(count-1-s), c.height>>(count-1-s)
		}
		isCovered := p.Width > 0 && p.Height > 0 && width > 0 && (width >= p.Width || height >= p.Height)
		if isCovered {
			most = s
		}
	}
	return best
}

// allow sets the best rung that the viewer may have.
func (d *downTrack) allow(rung uint8) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.mostRung = rung
}

// span is that of the layer that the track is given, nil if it has none.
func (w *wish) span(given Quality) *span {
	if given = min(given, w.top()); given < Low || w.spans[given].rungs == nil {
		return nil
	}
	return &w.spans[given]
}

// step allows the track the rung of its layer that fits into what is left, in
// bits per second. more is what it takes beyond the least, change whether it is
// better than before (1) or worse (-1).
func (w *wish) step(d *downTrack, given Quality, left int, mayRaise bool) (more, change int) {
	s := w.span(given)
	if s == nil {
		return 0, 0
	}
	has := min(w.rung, s.most)
	rung, more := s.climb(left, has, mayRaise)
	d.allow(rung)
	return more, cmp.Compare(rung, has)
}
