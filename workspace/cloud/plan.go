package cloud

import (
	"slices"
	"strings"
)

// known is what a file was on both sides when they last agreed.
type known struct {
	Local  string `json:"l"` // version; empty: not there
	Remote string `json:"r"`
}

// unlike is a version that nothing has: that of a side which is to be taken for
// changed, whatever it is.
const unlike = "?"

// act is what a pass does about a file.
type act string

const (
	upload     act = "upload"
	download   act = "download"
	dropLocal  act = "delete here"
	dropRemote act = "delete there"
	compare    act = "compare" // both changed
	forget     act = "forget"  // gone on both sides
)

// step is one of a pass. The versions are those that it was decided on.
type step struct {
	path          string
	act           act
	local, remote string // versions; empty: not there
	size          int64  // of what is copied, bytes; -1: not known
}

// side is a file of one side.
type side struct {
	version string
	size    int64
}

// few is how many files may vanish together whatever part of all they are.
const few = 3

// plan says what makes two sides agree, in the order of paths. rescued counts
// the files that are brought back because more than half of all were gone.
func plan(base map[string]known, local, remote map[string]side) (steps []step, rescued int) {
	paths := make(map[string]bool, len(base))
	for path := range base {
		paths[path] = true
	}
	for path := range local {
		paths[path] = true
	}
	for path := range remote {
		paths[path] = true
	}
	var goneHere, goneThere int
	for path := range paths {
		before, here, there := base[path], local[path], remote[path]
		s := step{path: path, act: decide(before, here.version, there.version), local: here.version, remote: there.version}
		switch s.act {
		case "":
			continue
		case dropRemote:
			goneHere++
		case dropLocal:
			goneThere++
		}
		s.size = here.size
		if s.act == download || s.act == compare {
			s.size = there.size
		}
		steps = append(steps, s)
	}
	slices.SortFunc(steps, func(a, b step) int { return strings.Compare(a.path, b.path) })
	for i := range steps {
		s := &steps[i]
		switch {
		case s.act == dropRemote && tooMany(goneHere, len(base)):
			s.act, s.size = download, remote[s.path].size
			rescued++
		case s.act == dropLocal && tooMany(goneThere, len(base)):
			s.act = upload
			rescued++
		}
	}
	return steps, rescued
}

func tooMany(gone, of int) bool { return gone > few && 2*gone > of }

// decide says what is to be done about a file, nothing when all is well.
func decide(before known, here, there string) act {
	changedHere, changedThere := here != before.Local, there != before.Remote
	switch {
	case !changedHere && !changedThere:
		return ""
	case here == "" && there == "":
		return forget
	case changedHere && !changedThere:
		if here == "" {
			return dropRemote
		}
		return upload
	case changedThere && !changedHere:
		if there == "" {
			return dropLocal
		}
		return download
	case here == "": // deleted here, changed there: what was changed counts
		return download
	case there == "":
		return upload
	default:
		return compare
	}
}
