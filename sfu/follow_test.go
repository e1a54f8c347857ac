//go:build lines

package sfu

import (
	"sync"
	"testing"
	"time"
)

// obedient publishes both layers at 30 frames per second, each at the bitrate
// that it was last told, or else at its ceiling.
func obedient(cam *camera, ceilings [2]int) (stop func()) {
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		ticker := time.NewTicker(time.Second / 30)
		defer ticker.Stop()
		var owed [2]float64 // bytes
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
			}
			cam.mu.Lock()
			want, told := cam.wantKey, cam.told
			cam.wantKey = [2]bool{}
			cam.mu.Unlock()
			cam.timestamp += 3000
			for i := range 2 {
				rate := ceilings[i]
				if told[i] > 0 {
					rate = min(rate, told[i])
				}
				owed[i] = min(owed[i]+float64(rate)/8/30, 20_000)
				n := max(int(owed[i]/1130), 1)
				cam.heavy(i, n, want[i])
				owed[i] -= float64(n * 1130)
			}
		}
	})
	return func() { close(done); wg.Wait() }
}

// TestTheEncoderFollowsAThinLine: one viewer alone keeps the full layer and is
// sent what their line carries, whatever that becomes.
func TestTheEncoderFollowsAThinLine(t *testing.T) {
	t.Parallel()
	r := newTestEngine(t).NewRoom("r")
	c := join(t, r, "PA_cam", PeerOptions{Single: true, MayPublish: true, Follows: true})
	cam := publishLayers(t, c, "TR_1", []LayerSpec{
		{Quality: Mid, Width: 640, Height: 400, RID: "h", BitsPerSecond: 800_000},
		{Quality: High, Width: 1280, Height: 800, RID: "f", BitsPerSecond: 3_500_000},
	})
	line := newThin(t, 5_000_000, 0)
	v := watchThrough(t, r, "TR_1", line)
	defer obedient(cam, [2]int{800_000, 3_500_000})()
	v.settles("5 Mb/s", 1, 100)
	for _, rate := range []int{1_500_000, 900_000, 5_000_000, 2_000_000, 5_000_000} {
		began := time.Now()
		line.set(rate)
		aim := min(rate, 3_500_000)
		waitFor(t, 3*patience, "the encoder is told what the line carries", func() bool {
			told := cam.toldLast()
			return told > aim*6/10 && told <= aim*105/100
		})
		t.Logf("%d kb/s: told %d after %v, %s", rate/1000, cam.toldLast()/1000, time.Since(began).Round(10*time.Millisecond), v.peer.describePath())
		v.settles("the full layer", 1, 30)
		t.Logf("then told %d, full layer alone after %v", cam.toldLast()/1000, time.Since(began).Round(10*time.Millisecond))
	}
}
