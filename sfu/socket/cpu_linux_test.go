package socket

import (
	"testing"

	"golang.org/x/sys/unix"
)

// cpu is this process's time in user and kernel mode, in ns.
func cpu(b *testing.B) (user, system int64) {
	b.Helper()
	var r unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &r); err != nil {
		b.Fatal(err)
	}
	return r.Utime.Nano(), r.Stime.Nano()
}
