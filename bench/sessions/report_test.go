package sessions

import (
	"bytes"
	"strings"
	"testing"
)

func TestTheLastStepWithinTheLimitCounts(t *testing.T) {
	r := &Report{LimitMs: 50}
	for i, p95 := range []float64{20, 30, 51} {
		if within := r.Add(Step{Sessions: i + 1, P95: p95}); within != (p95 <= 50) {
			t.Errorf("%v ms: within %t", p95, within)
		}
	}
	if r.Sessions != 2 || !r.Passed {
		t.Errorf("%+v", r)
	}
	var html bytes.Buffer
	if err := r.Page("again").Write(&html); err != nil || !strings.Contains(html.String(), "51.0") {
		t.Errorf("%v", err)
	}
	if text := r.String(); !strings.HasPrefix(text, "2 sessions") {
		t.Error(text)
	}
}
