package collab

import (
	"fmt"
	"testing"

	"github.com/easel-live/easel/wire"
)

func TestPointersAreToldOnceAndTheLatest(t *testing.T) {
	var p Pointers
	if !p.Put("eddy", wire.Pointer{X: 1}) || p.Put("emma", wire.Pointer{X: 2}) || p.Put("eddy", wire.Pointer{X: 3}) {
		t.Fatal("only the first pointer makes a telling due")
	}
	told, more := p.Take()
	if more || len(told) != 2 || told[0].Identity != "eddy" || told[0].X != 3 || told[1].X != 2 {
		t.Fatalf("told %+v, more %v", told, more)
	}
	if told, more = p.Take(); len(told) != 0 || more {
		t.Fatalf("told %+v twice", told)
	}
	p.Put("eddy", wire.Pointer{})
	p.Leave("eddy")
	p.Leave("nobody")
	if told, _ = p.Take(); len(told) != 0 {
		t.Fatalf("told of somebody who left: %+v", told)
	}
}

// A crowd is told in several messages, nobody twice and nobody never.
func TestACrowdOfPointers(t *testing.T) {
	var p Pointers
	const crowd = 500
	for i := range crowd {
		p.Put(fmt.Sprintf("%0100d", i), wire.Pointer{X: uint16(i)})
	}
	for i, more := 0, true; more; {
		var told wire.Pointers
		told, more = p.Take()
		raw, err := wire.AppendPresence(nil, told)
		if err != nil || len(raw) > wire.MaxPointersBytes+3 {
			t.Fatalf("%d bytes, %v", len(raw), err)
		}
		for _, who := range told {
			if int(who.X) != i {
				t.Fatalf("told %d, want %d", who.X, i)
			}
			i++
		}
		if !more && i != crowd {
			t.Fatalf("%d of %d were told", i, crowd)
		}
	}
}
