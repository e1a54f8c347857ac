package sfu

// wish is one track of a viewer when layers are allocated.
type wish struct {
	most   Quality         // what the viewer wants at most
	has    Quality         // what it was allowed before; Off: paused
	needs  [qualities]int  // bits per second of each layer
	exists [qualities]bool // media has come
	layers layerTable

	spans [qualities]span // of layers with rungs within, of which needs are the least
	rung  uint8           // what it was allowed before
}

// Shares of a layer's bitrate that decide, as hysteresis: to be given a better
// layer there has to be more room than to keep it, and a picture is stopped
// only when not even half of the smallest arrives.
const (
	roomToRaise = 1.2
	roomToStay  = 1.0
	roomToKeep  = 0.5
)

// budget is what a viewer's layers may take.
type budget struct {
	carried  int  // by the path, bits per second
	total    int  // with hope, and once the queue is drained, bits per second
	mayRaise bool // it is time to try a better layer
	mayShow  bool // or a picture at all again
	hopeless bool // most of what is sent does not arrive
}

// allocate divides what a path carries among a viewer's tracks: everyone's
// smallest layer first, then the next, in order. The smallest is refused only
// when packets are seen not to arrive: delay alone may be a busy machine. given
// takes the best quality that each may have.
func allocate(b budget, wishes []wish, given []Quality) {
	left := float64(b.total)
	for i := range wishes {
		w := &wishes[i]
		given[i] = Off
		low := w.next(Off)
		if low == Off {
			given[i] = High // nothing there yet: nothing to refuse
			continue
		}
		need := float64(w.needs[low])
		fits := !b.hopeless || need*roomToKeep <= left
		if w.has == Off {
			fits = b.mayShow && need*roomToRaise <= left
		}
		if fits {
			given[i] = low
			left = max(left-need, 0)
		}
	}
	for range int(qualities) - 1 {
		for i := range wishes {
			w := &wishes[i]
			up := w.next(given[i])
			if given[i] == Off || given[i] == High || up == Off || up > w.most {
				continue
			}
			more := float64(w.needs[up] - w.needs[given[i]])
			room := roomToStay
			if up > w.has {
				if room = roomToRaise; !b.mayRaise {
					continue
				}
			}
			if more*room <= left {
				given[i] = up
				left -= max(more, 0)
			}
		}
	}
}

// next is the layer above q, Off when there is none.
func (w *wish) next(q Quality) Quality {
	for up := q + 1; up < qualities; up++ {
		if w.exists[up] {
			return up
		}
	}
	return Off
}
