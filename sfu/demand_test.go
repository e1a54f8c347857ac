package sfu

import (
	"testing"
	"time"

	"github.com/pion/rtcp"

	"github.com/easel-live/easel/sfu/estimate"
	"github.com/easel-live/easel/sfu/packet"
)

// steered is a full layer of at most 3.5 Mb/s above a half one of 800 kb/s.
func steered() demand {
	return newDemand(true, []LayerSpec{
		{Quality: Mid, BitsPerSecond: 800_000}, {Quality: High, BitsPerSecond: 3_500_000},
	}, High)
}

func TestDemandFollowsTheBestConnected(t *testing.T) {
	a, b := &downTrack{}, &downTrack{}
	d := steered()
	now := time.Unix(1000, 0)
	for i, step := range []struct {
		what   string
		offers []offer
		told   int // 0: nothing
	}{
		{"more than it takes", []offer{{a, 9_000_000}}, 0},
		{"one viewer gets what their path carries", []offer{{a, 1_000_000}}, 930_000},
		{"a flicker is no news", []offer{{a, 1_020_000}}, 0},
		{"down at once", []offer{{a, 900_000}}, 837_000},
		{"the better one decides", []offer{{a, 900_000}, {b, 3_000_000}}, 2_790_000},
		{"one almost as good as the best decides too", []offer{{a, 2_400_000}, {b, 3_000_000}}, 2_232_000},
		{"never more than it takes", []offer{{a, 900_000}, {b, 30_000_000}}, 3_500_000},
		{"nor more than a line carries that is too thin for it", []offer{{a, 100_000}}, 93_000},
		{"nobody says anything: it stays", nil, 0},
		{"and stays", nil, 0},
	} {
		now = now.Add(demandSpacing)
		for _, o := range step.offers {
			d.offer(o.by, o.bits)
		}
		said := d.said
		got, ok := d.settle(now)
		if repeated := ok && d.said > 1 && d.said > said; repeated {
			got = 0 // once more, for those who missed it
		}
		if got != step.told {
			t.Errorf("%d, %s: told %d, want %d", i, step.what, got, step.told)
		}
	}
}

func TestDemandIsRaisedWithoutHaste(t *testing.T) {
	a := &downTrack{}
	d := steered()
	now := time.Unix(1000, 0)
	told := 0
	for i := range 10 { // a second
		d.offer(a, 1_000_000+100_000*i)
		if bits, ok := d.settle(now); ok && bits != told {
			told = bits
			if i%3 != 0 {
				t.Errorf("told %d in tick %d", bits, i)
			}
		}
		now = now.Add(tick)
	}
	if told < 1_700_000 {
		t.Errorf("told %d at the end", told)
	}
}

func TestDemandIsRepeated(t *testing.T) {
	a := &downTrack{}
	d := steered()
	now := time.Unix(1000, 0)
	times := 0
	for range 100 {
		d.offer(a, 1_000_000)
		if _, ok := d.settle(now); ok {
			times++
		}
		now = now.Add(tick)
	}
	if times != demandSaid {
		t.Errorf("said %d times", times)
	}
}

// A layer costs those whom it follows as little as it can be made to take, and
// everyone else what it takes.
func TestWhatALayerNeeds(t *testing.T) {
	a, b := &downTrack{}, &downTrack{}
	d := steered()
	d.offer(a, 1_000_000)
	d.offer(b, 3_000_000)
	d.settle(time.Unix(1000, 0)) // told 2.79 Mb/s
	for _, c := range []struct {
		what                    string
		by                      *downTrack
		carries, measured, want int
	}{
		{"the best", b, 3_000_000, 3_400_000, 600_000},
		{"someone as good", a, 2_900_000, 3_400_000, 600_000},
		{"someone far below", a, 1_000_000, 3_400_000, 2_790_000},
		{"a picture at rest", a, 1_000_000, 10_000, 10_000},
		{"the best, having become worse than the other", b, 500_000, 3_400_000, 2_790_000},
	} {
		if got := d.needs(c.by, c.carries, c.measured); got != c.want {
			t.Errorf("%s: %d, want %d", c.what, got, c.want)
		}
	}
	d.offer(a, 100_000)
	d.settle(time.Unix(1001, 0))
	d.settle(time.Unix(1001, 0))
	if got := d.needs(a, 100_000, 3_400_000); got != 600_000 {
		t.Errorf("told less than it is worth it needs %d", got)
	}
	stock := newDemand(false, nil, High)
	if got := stock.needs(a, 1, 3_000_000); got != 3_000_000 {
		t.Errorf("a publisher that follows nobody needs %d", got)
	}
}

func TestAnnouncedBitratesAreBounded(t *testing.T) {
	d := newDemand(true, []LayerSpec{{Quality: Low, BitsPerSecond: 1 << 31}, {Quality: High, BitsPerSecond: 1 << 40}}, High)
	if d.ceiling != maxCeiling || d.floor != maxCeiling {
		t.Errorf("ceiling %d, floor %d", d.ceiling, d.floor)
	}
}

// carries makes a viewer's path one that has told how much it carries.
func (c *client) carries(bitsPerSecond int) {
	p := &c.peer.path
	p.mu.Lock()
	defer p.mu.Unlock()
	cfg := estimate.Defaults()
	cfg.Start = bitsPerSecond
	p.est = estimate.New(cfg, time.Now())
	p.est.REMB(time.Now(), float64(bitsPerSecond))
}

// toldLast is what the camera was told last of its full layer.
func (c *camera) toldLast() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.told[1]
}

func TestThePublisherFollowsItsAudience(t *testing.T) {
	r := newTestEngine(t).NewRoom("r")
	c := join(t, r, "PA_cam", PeerOptions{Single: true, MayPublish: true, Follows: true})
	cam := publishLayers(t, c, "TR_1", []LayerSpec{
		{Quality: Mid, Width: 640, Height: 400, RID: "h", BitsPerSecond: 800_000},
		{Quality: High, Width: 1280, Height: 800, RID: "f", BitsPerSecond: 3_500_000},
	})
	thin := watch(t, r, "PA_thin", "TR_1", true)
	cam.film("the picture", seesLayer(thin, 1))
	if told := cam.toldLast(); told != 0 {
		t.Errorf("told %d for a viewer of whom nothing is known", told)
	}
	tells := func(bits int) func() bool {
		return func() bool { return cam.toldLast() == bits }
	}
	thin.carries(1_000_000)
	eventually(t, "one viewer gets what their path carries", tells(930_000))
	wide := watch(t, r, "PA_wide", "TR_1", false)
	cam.film("the picture for two", seesLayer(wide, 1))
	wide.carries(2_000_000)
	eventually(t, "the better connected decides", tells(1_860_000))
	wide.leave()
	eventually(t, "and once gone no longer", tells(930_000))
	thin.carries(9_000_000)
	eventually(t, "recovery is told without any new joining", tells(3_500_000))
}

// TestOthersAreNotSteered: a stock encoder takes REMB for all its streams
// together, so it is told nothing.
func TestOthersAreNotSteered(t *testing.T) {
	d := newDemand(false, nil, High)
	d.offer(&downTrack{}, 100_000)
	if bits, ok := d.settle(time.Unix(1000, 0)); ok {
		t.Errorf("told %d", bits)
	}
}

// heard keeps what a camera is told.
func (c *camera) heard(layer int, r *rtcp.ReceiverEstimatedMaximumBitrate) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.told[layer] = int(r.Bitrate)
}

// BenchmarkBalance is a viewer's turn of every tick. A thousand viewers have ten
// thousand turns a second, so it allocates nothing.
func BenchmarkBalance(b *testing.B) {
	count := &counters{}
	pub := newPublication(&Peer{}, TrackSpec{ID: "TR_1", Video: true, Renditions: []RenditionSpec{{Layers: testLayers}}})
	for q := range Quality(qualities) {
		table := *pub.renditions[0].layers.Load()
		table[q] = newLayer(layerID{0, q}, packet.CodecVP8, 90000, videoSlots, count, nil)
		pub.renditions[0].layers.Store(&table)
	}
	p := &Peer{}
	d := newDownTrack(pub, &shard{}, &p.path, count)
	d.isReady, d.isPlaying = true, true
	d.formats[0].playable, d.learned = true, pub.codecs.Load()
	p.balancing.subs = []*subscription{{peer: p, pub: pub, down: d}}
	now := time.Unix(1000, 0)
	p.path.hear(&rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: 5_000_000}, now)
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(tick)
		p.balance(now)
	}
}
