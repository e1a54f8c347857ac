package api

import "net/http"

// timeline writes what happened in a session as JSON lines, oldest first.
func (a *API) timeline(w http.ResponseWriter, r *http.Request, c call) error {
	w.Header().Set("Content-Type", "application/jsonl")
	if r.URL.Query().Has("download") {
		w.Header().Set("Content-Disposition", `attachment; filename="timeline-`+c.session.ID+`.jsonl"`)
	}
	for _, e := range a.cfg.Timeline(c.session.ID) {
		line, err := e.Line()
		if err != nil {
			return err
		}
		if _, err := w.Write(line); err != nil {
			return nil // the client is gone
		}
	}
	return nil
}
