package main

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/easel-live/easel/capture"
	"github.com/easel-live/easel/vitals"
)

// takeVitals says how this process is, and what it has captured, each time.
func takeVitals(stats *capture.Stats) func() vitals.Vitals {
	began := time.Now()
	return func() vitals.Vitals {
		return vitals.Vitals{
			UptimeSeconds: time.Since(began).Seconds(), CPUSeconds: processorTime(), MemoryBytes: residentMemory(),
			Captures: float64(stats.Captures.Load()), Frames: float64(stats.Frames.Load()), Keyframes: float64(stats.Keyframes.Load()),
			SentBytes: float64(stats.Bytes.Load()), Unsent: float64(stats.Unsent.Load()),
		}
	}
}

// processorTime is this process's, in seconds; 0 if the kernel does not say.
func processorTime() float64 {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// residentMemory is this process's, in bytes; 0 if the kernel does not say.
func residentMemory() float64 {
	b, err := os.ReadFile("/proc/self/statm") // proc(5): pages, in all and resident
	if err != nil {
		return 0
	}
	var all, resident float64
	if _, err := fmt.Sscan(string(b), &all, &resident); err != nil {
		return 0
	}
	return resident * float64(os.Getpagesize())
}
