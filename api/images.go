package api

import "net/http"

// listImages shows what is open in GIMP, was exported, and can be recovered.
func (a *API) listImages(w http.ResponseWriter, r *http.Request, c call) error {
	state, err := a.filesOf(c).Images(r.Context())
	if err != nil {
		return fileProblem(err)
	}
	return a.reply(w, r, http.StatusOK, state)
}

// openImage has GIMP open a file.
func (a *API) openImage(w http.ResponseWriter, r *http.Request, c call) error {
	var body struct {
		Path  string `json:"path"`
		Layer bool   `json:"layer"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	if err := a.filesOf(c).Open(r.Context(), body.Path, body.Layer); err != nil {
		return fileProblem(err)
	}
	w.WriteHeader(http.StatusAccepted)
	return nil
}

// recoverImage opens the copy of an image that was lost.
func (a *API) recoverImage(w http.ResponseWriter, r *http.Request, c call) error {
	path, err := a.filesOf(c).Recover(r.Context(), r.PathValue("copy"))
	if err != nil {
		return fileProblem(err)
	}
	return a.reply(w, r, http.StatusOK, map[string]string{"path": path})
}

// discardImage puts the copy of an image that was lost into the trash.
func (a *API) discardImage(w http.ResponseWriter, r *http.Request, c call) error {
	if err := a.filesOf(c).Discard(r.Context(), r.PathValue("copy")); err != nil {
		return fileProblem(err)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
