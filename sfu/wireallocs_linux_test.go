//go:build !race

package sfu

import "testing"

// TestNothingIsAllocatedDownToTheKernel counts what the whole way of a packet
// takes from the heap: shard, SRTP, batch, system call.
func TestNothingIsAllocatedDownToTheKernel(t *testing.T) {
	for _, by := range []way{held, sealed} {
		l, conn := wires(t, 10, by)
		frame := frames(l, 4)
		if allocs := testing.AllocsPerRun(200, frame); allocs != 0 {
			t.Fatalf("%v: %.1f allocations per frame of 4 packets for 10 viewers", by, allocs)
		}
		if s := conn.Stats(); s.Packets < 200*40 || s.Dropped > 0 {
			t.Fatalf("%v: stats %+v", by, s)
		}
	}
}
