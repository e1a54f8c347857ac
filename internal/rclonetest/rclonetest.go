// Package rclonetest has Debian's rclone serve a folder for tests, as somebody's
// storage: by WebDAV, SFTP or what else it speaks, on loopback.
package rclonetest

import (
	"bytes"
	"net"
	"os/exec"
	"testing"
	"time"
)

// User and Password let in whoever has them.
const (
	User     = "ann"
	Password = "open sesame"
)

// patience is how long rclone may take to listen on a busy machine.
const patience = 3 * time.Minute

// Serve serves a folder until the test ends, and returns the address: how is
// rclone's name of the protocol, flags are rclone's own besides. What changes in
// the folder is seen at once.
func Serve(t testing.TB, how, dir string, flags ...string) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr = l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("rclone", append([]string{"serve", how, dir, "--config", "", "--addr", addr, "--user", User, "--pass", Password, "--dir-cache-time", "0s", "--poll-interval", "0"}, flags...)...)
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
	})
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	over := time.After(patience)
	for {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			_ = conn.Close()
			return addr
		}
		select {
		case <-again.C:
		case <-ended:
			t.Fatalf("rclone serve %s ended: %s", how, said.Bytes())
		case <-over:
			t.Fatalf("rclone serve %s does not listen after %v", how, patience)
		}
	}
}
