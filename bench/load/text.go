package load

import (
	"fmt"
	"io"
)

// WriteText writes the figures for people.
func (r *Report) WriteText(w io.Writer) error {
	_, err := fmt.Fprintf(w, `%d x %d viewers, %d b/s, %.0f s, SRTP %s, feedback %s
server CPU     %.2f µs per forwarded packet (user %.2f, kernel %.2f), %.0f%% of a core
packets        %d in, %d of %d out, loss %.4f%%, %d repeats, %d padding, %d overflows here
added delay    p50 %.2f ms, p99 %.2f ms
join           first picture p50 %.0f ms, p95 %.0f ms; first packet p50 %.0f ms, p95 %.0f ms
server weight  %d KB and %.1f goroutines per viewer
machine        %s, %d cores, Linux %s, %.0f%% idle; commit %s
`,
		r.Rooms, r.Viewers, r.Bitrate, r.Seconds, r.Cipher, r.Feedback,
		r.CPU, r.CPUUser, r.CPUKernel, r.Busy,
		r.PacketsIn, r.PacketsOut, r.PacketsExpected, 100*r.Loss, r.Repeats, r.Padding, r.UDPOverflows,
		r.DelayP50, r.DelayP99,
		r.JoinP50, r.JoinP95, r.JoinPacketP50, r.JoinPacketP95,
		r.MemoryPerViewer/1024, r.GoroutinesPerViewer,
		r.Machine.CPU, r.Machine.Cores, r.Machine.Kernel, r.Machine.IdleDuring, r.Commit)
	if err != nil {
		return fmt.Errorf("load: %w", err)
	}
	return nil
}
