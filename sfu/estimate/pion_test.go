package estimate

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/gcc"
	"github.com/pion/logging"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

// pionGCC drives pion/interceptor's estimator, which reads the clock itself:
// it runs in a synctest bubble, whose clock the simulation turns.
type pionGCC struct {
	bwe *gcc.SendSideBWE
	out interceptor.RTPWriter
}

func newPion(t *testing.T) *pionGCC {
	quiet := &logging.DefaultLoggerFactory{DefaultLogLevel: logging.LogLevelDisabled}
	bwe, err := gcc.NewSendSideBWE(gcc.SendSideBWEInitialBitrate(1_000_000), gcc.SendSideBWEMinBitrate(50_000),
		gcc.SendSideBWEMaxBitrate(20_000_000), gcc.SendSideBWEPacer(gcc.NewNoOpPacer()), gcc.WithLoggerFactory(quiet))
	if err != nil {
		t.Fatal(err)
	}
	info := &interceptor.StreamInfo{SSRC: 1, RTPHeaderExtensions: []interceptor.RTPHeaderExtension{{
		URI: "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01", ID: 1,
	}}}
	drain := interceptor.RTPWriterFunc(func(*rtp.Header, []byte, interceptor.Attributes) (int, error) { return 0, nil })
	return &pionGCC{bwe: bwe, out: bwe.AddStream(info, drain)}
}

func (p *pionGCC) sent(k Packet) {
	h := &rtp.Header{Version: 2, SSRC: 1}
	ext, err := (&rtp.TransportCCExtension{TransportSequence: k.Sequence}).Marshal()
	if err != nil {
		panic(err)
	}
	if err = h.SetExtension(1, ext); err != nil {
		panic(err)
	}
	if _, err = p.out.Write(h, make([]byte, max(k.Bytes-20, 1)), interceptor.Attributes{}); err != nil {
		panic(err)
	}
}

func (p *pionGCC) feedback(_ time.Time, f *rtcp.TransportLayerCC) {
	if err := p.bwe.WriteRTCP([]rtcp.Packet{f}, nil); err != nil {
		panic(err)
	}
	synctest.Wait()
}

func (p *pionGCC) rate(time.Time) int            { return p.bwe.GetTargetBitrate() }
func (p *pionGCC) probe(time.Time) (Probe, bool) { return Probe{}, false }

// TestAgainstPion logs both estimators on the same links (run with -v), and
// holds that ours is the better one where that is why it exists.
func TestAgainstPion(t *testing.T) {
	for _, s := range scenarios() {
		t.Run(s.name, func(t *testing.T) {
			dropAt, backAt := disturbance(s.name)
			us := sum(s, simulateOurs(s), dropAt, backAt)
			t.Logf("easel:        %v", us)
			for _, paced := range []bool{false, true} {
				synctest.Test(t, func(t *testing.T) {
					s := s
					s.paced = paced
					p := newPion(t)
					pion := sum(s, simulate(s, p, time.Now(), time.Sleep), dropAt, backAt)
					if err := p.bwe.Close(); err != nil {
						t.Fatal(err)
					}
					t.Logf("%s %v", map[bool]string{false: "pion, bursts:", true: "pion, paced: "}[paced], pion)
					if us.used < pion.used-0.15 {
						t.Errorf("uses %.2f of the link, pion %.2f", us.used, pion.used)
					}
				})
			}
		})
	}
}
