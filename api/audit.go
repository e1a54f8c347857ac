package api

import (
	"net/http"
	"strconv"
	"time"

	"github.com/easel-live/easel/account"
)

// eventView is a line of the journal.
type eventView struct {
	ID      int64     `json:"id"`
	At      time.Time `json:"at"`
	Actor   string    `json:"actor"`
	Name    string    `json:"name"`
	Action  string    `json:"action"`
	Target  string    `json:"target"`
	Address string    `json:"address"`
	Detail  string    `json:"detail"`
}

// audit is the journal, latest first.
func (a *API) audit(w http.ResponseWriter, r *http.Request, _ call) error {
	before, limit, err := numberedPage(r)
	if err != nil {
		return err
	}
	events, err := a.cfg.Accounts.Events(r.Context(), before, limit+1)
	if err != nil {
		return err
	}
	events, next := cut(events, limit, func(e account.Event) string { return strconv.FormatInt(e.ID, 10) })
	views := make([]eventView, len(events))
	for i, e := range events {
		views[i] = eventView(e)
	}
	return a.reply(w, r, http.StatusOK, map[string]any{"events": views, "next": next})
}
