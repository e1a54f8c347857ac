package sfu

import (
	"fmt"
	"testing"
	"time"

	"github.com/pion/rtp"

	"github.com/easel-live/easel/sfu/packet"
)

type nowhere struct{}

func (nowhere) write(*rtp.Header, uint64, []byte) error { return nil }

// BenchmarkFanOut takes one 1,200-byte RTP packet to N viewers, without the
// encryption and the socket behind the WriteStream.
func BenchmarkFanOut(b *testing.B) {
	for _, n := range []int{1, 50, 500} {
		for _, munged := range []bool{false, true} {
			name := fmt.Sprintf("viewers=%d/rewritten=%v", n, munged)
			b.Run(name, func(b *testing.B) {
				l, downs := stage(n, func(int) writer { return nowhere{} })
				for _, d := range downs {
					d.activate()
				}
				feed(l, 0, 0, true, true)
				if munged {
					for _, d := range downs {
						d.munger.Begin(l, inAt(l), 0)
					}
				}
				payload := make([]byte, 1200)
				copy(payload, vp8Payload(true, false, 7, 1, 1))
				now := time.Now()
				p := packet.RTP{Marker: true, Payload: payload}
				b.ReportAllocs()
				for b.Loop() {
					p.Sequence++
					p.Timestamp += 3000
					l.receive(&p, 1212, now)
					work(l, now)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/packet")
			})
		}
	}
}
