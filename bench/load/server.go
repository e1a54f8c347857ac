package load

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/easel-live/easel/bench/machine"
)

// server is the process under load, seen from outside.
type server struct {
	process machine.Process // PID 0: on another machine, or not to be found
	metrics string          // URL; may be empty
}

// usage is what a server has used up to a moment.
type usage struct {
	user, kernel time.Duration
	resident     int64 // bytes
	goroutines   int   // 0: not told
}

func (s *server) usage(ctx context.Context) (usage, error) {
	var u usage
	if s.metrics != "" {
		values, err := scrape(ctx, s.metrics)
		if err != nil {
			return u, err
		}
		u.goroutines = int(values["go_goroutines"])
		u.resident = int64(values["process_resident_memory_bytes"])
	}
	if s.process.PID == 0 {
		return u, nil
	}
	var err error
	if u.user, u.kernel, err = s.process.Split(); err != nil {
		return u, fmt.Errorf("load: server: %w", err)
	}
	if u.resident, err = s.process.Resident(); err != nil {
		return u, fmt.Errorf("load: server: %w", err)
	}
	return u, nil
}

const (
	scrapeTimeout = 5 * time.Second
	maxMetrics    = 8 << 20 // bytes
)

// scrape reads a Prometheus page's values without labels.
func scrape(ctx context.Context, url string) (map[string]float64, error) {
	ctx, cancel := context.WithTimeout(ctx, scrapeTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, fmt.Errorf("load: metrics: %w", err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("load: metrics: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("load: metrics: %s", resp.Status)
	}
	return parseMetrics(io.LimitReader(resp.Body, maxMetrics))
}

// parseMetrics reads the text format's samples that have no labels; others and
// comments are passed over.
func parseMetrics(r io.Reader) (map[string]float64, error) {
	values := make(map[string]float64)
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		f := strings.Fields(lines.Text())
		if len(f) < 2 || strings.ContainsAny(f[0], "#{") {
			continue
		}
		if v, err := strconv.ParseFloat(f[1], 64); err == nil {
			values[f[0]] = v
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("load: metrics: %w", err)
	}
	return values, nil
}
