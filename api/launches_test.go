package api

import (
	"testing"
	"time"
)

// TestHowStartsWent is told to administrators, with why some did not go well.
func TestHowStartsWent(t *testing.T) {
	h := newHouse(t)
	admin := h.owner()
	for i := range 2 {
		id := admin.expect(201, "POST", "/api/v1/sessions", `{"name":"Poster"}`).json(t)["id"].(string)
		h.now = h.now.Add(2 * time.Second)
		if i == 0 {
			if _, _, err := h.accountant.Beat(t.Context(), id, true, h.now); err != nil {
				t.Fatal(err)
			}
		}
		if err := h.accountant.Finish(t.Context(), id, "There is no room.", h.now); err != nil {
			t.Fatal(err)
		}
	}
	got := admin.expect(200, "GET", "/api/v1/launches?days=1", "").json(t)
	failures := got["failures"].([]any)
	if got["started"] != 2.0 || got["ready"] != 1.0 || got["failed"] != 1.0 || got["p50_ms"] != 2000.0 || len(failures) != 1 ||
		failures[0].(map[string]any)["reason"] != "There is no room." {
		t.Errorf("%v", got)
	}
	for _, days := range []string{"0", "93", "x"} {
		admin.expect(422, "GET", "/api/v1/launches?days="+days, "")
	}
}
