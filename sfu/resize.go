package sfu

// size is a layer's announced size in pixels; 0x0: unknown.
type size struct{ width, height int }

// sizeTable has the announced size of each quality.
type sizeTable [qualities]size

func sizesOf(layers []LayerSpec) *sizeTable {
	t := &sizeTable{}
	for _, l := range layers {
		if l.Quality >= Low && l.Quality < qualities {
			t[l.Quality] = size{l.Width, l.Height}
		}
	}
	return t
}

// Resize takes the sizes that a track's layers have from now on; each viewer
// gets the layer that suits it then. Which layers there are stays as announced,
// and all renditions have them in the same sizes.
func (p *Peer) Resize(id TrackID, layers []LayerSpec) error {
	pub, err := p.own(id)
	if err != nil {
		return err
	}
	for _, r := range pub.renditions {
		r.sizes.Store(sizesOf(layers))
	}
	for _, d := range pub.snapshot() {
		d.retarget()
	}
	return nil
}
