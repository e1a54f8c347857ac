package tools

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
)

// maxState bounds what GIMP may answer.
const maxState = 8 << 10

// errAnswer says that what GIMP's plug-in answered is no state.
var errAnswer = errors.New("tools: not an answer of the plug-in's")

// gimp is GIMP's plug-in, by the unix socket it listens on.
type gimp struct{ socket string }

// exchange sets what want says, a state that an earlier exchange returned or
// nothing, and returns what was set before, and which GIMP it is that answered.
func (g gimp) exchange(ctx context.Context, want string) (before, which string, err error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", g.socket)
	if err != nil {
		return "", "", fmt.Errorf("tools: %w", err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	if _, err := io.WriteString(conn, want+"\n"); err != nil {
		return "", "", fmt.Errorf("tools: %w", err)
	}
	answer, err := io.ReadAll(io.LimitReader(conn, maxState+1))
	if err != nil {
		return "", "", fmt.Errorf("tools: %w", err)
	}
	return readAnswer(answer)
}

// readAnswer takes an answer apart: which GIMP gave it, and the state, which only
// GIMP understands.
func readAnswer(answer []byte) (state, which string, err error) {
	body, whole := bytes.CutSuffix(answer, []byte("\n\n"))
	if !whole || len(answer) > maxState || bytes.Contains(body, []byte("\n\n")) || bytes.IndexByte(body, 0) >= 0 {
		return "", "", fmt.Errorf("%w: %d bytes", errAnswer, len(answer))
	}
	first, rest, _ := strings.Cut(string(body), "\n")
	which, is := strings.CutPrefix(first, "gimp ")
	if !is || rest == "" {
		return "", "", fmt.Errorf("%w: it begins with %.32q", errAnswer, first)
	}
	return rest + "\n", which, nil
}
