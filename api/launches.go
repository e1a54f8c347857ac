package api

import (
	"net/http"
	"strconv"
	"time"
)

// maxLaunchDays is how far back launches are looked at.
const maxLaunchDays = 92

// launchesView is how the starts of sessions went.
type launchesView struct {
	Since    time.Time     `json:"since"`
	Started  int           `json:"started"` // those under way and those ended early too
	Ready    int           `json:"ready"`
	Failed   int           `json:"failed"`
	HalfMS   int64         `json:"p50_ms"` // of those that got ready
	MostMS   int64         `json:"p95_ms"`
	Failures []failureView `json:"failures"` // the latest
}

type failureView struct {
	Session string    `json:"session"`
	Name    string    `json:"name"`
	User    string    `json:"user"`
	Plan    string    `json:"plan"`
	At      time.Time `json:"at"`
	Reason  string    `json:"reason"`
}

// launches is how the starts of everybody's sessions went in the last days.
func (a *API) launches(w http.ResponseWriter, r *http.Request, _ call) error {
	days := 7
	if word := r.URL.Query().Get("days"); word != "" {
		var err error
		if days, err = strconv.Atoi(word); err != nil || days < 1 || days > maxLaunchDays {
			return problemf(http.StatusUnprocessableEntity, "days must be between 1 and %d", maxLaunchDays)
		}
	}
	since := a.cfg.Now().UTC().Add(-time.Duration(days) * 24 * time.Hour)
	l, err := a.cfg.Accountant.Launches(r.Context(), since)
	if err != nil {
		return err
	}
	v := launchesView{
		Since: since, Started: l.Started, Ready: l.Ready, Failed: l.Failed,
		HalfMS: l.Half.Milliseconds(), MostMS: l.Most.Milliseconds(), Failures: make([]failureView, len(l.Failures)),
	}
	for i, f := range l.Failures {
		v.Failures[i] = failureView{f.Session, f.Name, f.User, f.Plan, f.Created, f.Failure}
	}
	return a.reply(w, r, http.StatusOK, v)
}
