package packet

// Steps says which viewers of a stream that has temporal or spatial layers need
// a frame. Its layers make a ladder of at most 32 rungs, each of which is a
// stream that can be decoded alone: rung n is bit n of the sets below.
type Steps struct {
	In     uint32 // rungs that the frame is part of; 0: the stream is not known to have layers
	Switch uint32 // rungs that can be followed from this frame on, if it can be decoded
	Base   uint32 // rungs whose viewers have all that the frame refers to

	Spatial uint8 // layer
	First   bool  // packet of the frame
	End     bool  // last packet of the frame, though perhaps not of the picture
}

// Leads says whether a viewer on one rung can go on with another at this frame.
func (s *Steps) Leads(from, to uint8) bool {
	return s.Base>>from&1 != 0 && s.Switch>>to&1 != 0
}

// VP8Rungs is how many temporal layers VP8 can tell apart.
const VP8Rungs = 4

// Steps are those of a packet by its temporal layer (RFC 7741 section 4.2, TID
// and Y). A frame with Y set refers to the lowest layer alone, but the one after
// it may refer to any below: a viewer climbs a rung at a time.
func (d *VP8) Steps(marker bool) Steps {
	if !d.hasLayer {
		return Steps{}
	}
	const all = 1<<VP8Rungs - 1
	s := Steps{In: all << d.Temporal & all, First: d.Start, End: marker}
	switch {
	case d.Key:
		s.Switch, s.Base = all, all
	case d.Temporal > 0:
		s.Base = all << d.Temporal & all
		if d.sync {
			s.Switch = 1 << d.Temporal
			s.Base |= 1 << (d.Temporal - 1)
		}
	default:
		s.Base = all
	}
	return s
}
