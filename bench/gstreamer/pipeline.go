// Package gstreamer is a peer to compare with: it streams an X display the way
// neko does by default, through GStreamer's ximagesrc, videoconvert and vp8enc
// with neko's options, over WebRTC to a page in the same browser.
//
// neko hands GStreamer's frames to pion in its own process; here they come by RTP
// from gst-launch. What is measured, grabbing, converting and encoding on one
// side and the browser's pixels on the other, is the same.
package gstreamer

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/easel-live/easel/bench/machine"
)

// ErrPipeline is wrapped by errors about GStreamer's end.
var ErrPipeline = errors.New("gstreamer: the pipeline ended")

// Options of a peer.
type Options struct {
	Display   string // ":12"
	Authority string // X authority file; may be empty
	// FrameRate, per second, and Kbps, 1,000 bits per second, are what to keep to;
	// both 0: what neko does.
	FrameRate, Kbps int
}

// The pipeline is neko's default (server/internal/config/capture.go), 25 frames a
// second at 2 Mb/s; without the pointer, which a viewer's page draws itself.
const (
	frameRate = 25
	bitrate   = 3072 * 650
)

func (o Options) pipeline(port int) []string {
	rate, bits, coarsest := frameRate, bitrate, 20
	if o.Kbps > 0 {
		// As coarse as it takes: with neko's bound it would send more than it may.
		rate, bits, coarsest = o.FrameRate, 1000*o.Kbps, 63
	}
	return strings.Fields(fmt.Sprintf("-q ximagesrc display-name=%s show-pointer=false use-damage=false"+
		" ! video/x-raw,framerate=%d/1 ! videoconvert ! queue"+
		" ! vp8enc target-bitrate=%d cpu-used=4 end-usage=cbr threads=4 deadline=1 undershoot=95"+
		" buffer-size=%d buffer-initial-size=%d buffer-optimal-size=%d keyframe-max-dist=25 min-quantizer=4 max-quantizer=%d"+
		" ! rtpvp8pay mtu=1200 picture-id-mode=2 ! udpsink host=127.0.0.1 port=%d sync=false",
		o.Display, rate, bits, 3072*4, 3072*2, 3072*3, coarsest, port))
}

// launch starts GStreamer, sending to a port of this machine.
func launch(opts Options, to net.Addr) (*exec.Cmd, error) {
	port := to.(*net.UDPAddr).Port
	cmd := exec.Command("gst-launch-1.0", opts.pipeline(port)...)
	cmd.Env = append(os.Environ(), "DISPLAY="+opts.Display)
	if opts.Authority != "" {
		cmd.Env = append(cmd.Env, "XAUTHORITY="+opts.Authority)
	}
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("gstreamer: %w", err)
	}
	return cmd, nil
}

// Process is GStreamer's.
func (p *Peer) Process() machine.Process {
	return machine.Process{PID: p.cmd.Process.Pid, Name: "gst-launch-1.0"}
}

// firstPacket is how long GStreamer may take to start.
const firstPacket = 20 * time.Second

// flowing waits for the first packet.
func (p *Peer) flowing(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, firstPacket)
	defer cancel()
	select {
	case <-p.flows:
		return nil
	case <-p.ended:
		return fmt.Errorf("%w: %s", ErrPipeline, strconv.Itoa(p.cmd.ProcessState.ExitCode()))
	case <-ctx.Done():
		return fmt.Errorf("%w: no packet: %w", ErrPipeline, ctx.Err())
	}
}
