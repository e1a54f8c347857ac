package serversdk

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const (
	apiKey    = "devkey"
	apiSecret = "easel-dev-secret-easel-dev-secret-00"
)

var serverURL string

func TestMain(m *testing.M) {
	flag.Parse()
	code, err := withServer(m.Run)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(code)
}

// withServer runs the tests against a server, and waits for its clean end.
func withServer(run func() int) (int, error) {
	if serverURL = os.Getenv("EASEL_TEST_URL"); serverURL != "" {
		return run(), nil
	}
	dir, err := os.MkdirTemp("", "easel-serversdk-")
	if err != nil {
		return 1, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binary := filepath.Join(dir, "roomserver")
	build := exec.Command("go", "build", "-race", "-o", binary, "./test/roomserver")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		return 1, fmt.Errorf("build the server: %w\n%s", err, out)
	}
	server := exec.Command(binary)
	if testing.Verbose() {
		server.Stderr = os.Stderr
	}
	in, err := server.StdinPipe()
	if err != nil {
		return 1, err
	}
	out, err := server.StdoutPipe()
	if err != nil {
		return 1, err
	}
	if err := server.Start(); err != nil {
		return 1, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return 1, fmt.Errorf("the server did not start: %w", err)
	}
	serverURL = strings.TrimSpace(line)
	code := run()
	if err := in.Close(); err != nil {
		return 1, err
	}
	if err := server.Wait(); err != nil {
		return 1, fmt.Errorf("the server did not end well: %w", err)
	}
	return code, nil
}
