package remote

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/easel-live/easel/images"
	"github.com/easel-live/easel/workspace"
	"github.com/easel-live/easel/workspace/cloud"
	"github.com/easel-live/easel/workspace/cloud/rclone"
)

// Service is the name of the workspace among a tunnel's services.
const Service = "files"

// refusals are the errors that travel: each as a status and a word.
var refusals = []struct {
	err    error
	status int
	word   string
}{
	{workspace.ErrNotFound, http.StatusNotFound, "not-found"},
	{workspace.ErrExists, http.StatusConflict, "exists"},
	{workspace.ErrName, http.StatusUnprocessableEntity, "name"},
	{workspace.ErrOutside, http.StatusForbidden, "outside"},
	{workspace.ErrKind, http.StatusUnprocessableEntity, "kind"},
	{workspace.ErrFull, http.StatusInsufficientStorage, "full"},
	{workspace.ErrOffset, http.StatusConflict, "offset"},
	{images.ErrGIMP, http.StatusServiceUnavailable, "gimp"},
	{cloud.ErrRemote, http.StatusBadGateway, "storage"},
	{rclone.ErrMissing, http.StatusNotImplemented, "rclone"},
	{workspace.ErrHeld, http.StatusConflict, "held"},
	{workspace.ErrLost, http.StatusConflict, "lost"},
	{workspace.ErrPicture, http.StatusUnsupportedMediaType, "picture"},
}

// maxAnswer bounds what one answer in JSON may have, in bytes.
const maxAnswer = 8 << 20

type refusal struct {
	Word   string `json:"error"`
	Detail string `json:"detail"`
}

// Refused is an error of a workspace at the other end: it is one of package
// workspace's, and reads as it was said there.
type Refused struct {
	reason error
	detail string
}

func (r *Refused) Error() string { return r.detail }
func (r *Refused) Unwrap() error { return r.reason }

func refuse(w http.ResponseWriter, err error) {
	for _, r := range refusals {
		if errors.Is(err, r.err) {
			answer(w, r.status, refusal{r.word, err.Error()})
			return
		}
	}
	answer(w, http.StatusInternalServerError, refusal{"failed", err.Error()})
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the server may be gone
}

// refusedBy is the error that an answer carries.
func refusedBy(resp *http.Response) error {
	raw, err := io.ReadAll(io.LimitReader(resp.Body, 16<<10))
	if err != nil {
		return fmt.Errorf("files: %w", err)
	}
	var said refusal
	if json.Unmarshal(raw, &said) != nil {
		return fmt.Errorf("files: the agent answers %s", resp.Status)
	}
	for _, r := range refusals {
		if said.Word == r.word {
			return &Refused{r.err, said.Detail}
		}
	}
	return fmt.Errorf("files: the agent failed: %.200q", said.Detail)
}
