package sfu

// choice is what is known of a layer when one is chosen.
type choice struct {
	layerID
	layer         *layer // nil: no media has come
	width, height int    // announced; 0: unknown
	live          bool   // to be chosen from
}

// choose picks the layer for a viewer: the smallest that covers the size shown,
// within the best quality asked for, leaving out layers that have not come.
// Off means pause, or nothing to show yet.
func choose(p Preference, layers []choice) Quality {
	if p.Disabled || p.MaxQuality < Low {
		return Off
	}
	best, lowest := Off, Off
	covered := false
	for _, l := range layers { // lowest first
		if !l.live {
			continue
		}
		if lowest == Off {
			lowest = l.quality
		}
		if l.quality > p.MaxQuality || covered {
			continue
		}
		best = l.quality
		covered = p.Width > 0 && p.Height > 0 && l.width > 0 &&
			(l.width >= p.Width || l.height >= p.Height)
	}
	if best == Off {
		return lowest
	}
	return best
}
