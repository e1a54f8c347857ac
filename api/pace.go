package api

import (
	"math"
	"net/http"
	"strconv"

	"github.com/easel-live/easel/api/access"
)

// How fast requests may come, a second, and how many at once: of one account or
// guest, and from one network, which a class or an office may share. A page asks
// a handful at a time; opening a folder of pictures asks for as many previews.
const (
	callerRate  = 50
	callerBurst = 300
	placeRate   = 200
	placeBurst  = 1000
)

// paceOf refuses a request that comes too soon after others of the same.
func (a *API) paceOf(w http.ResponseWriter, r *http.Request, pace *access.Pace, who string) error {
	if isLocal(r) {
		return nil
	}
	wait, ok := pace.Take(who, a.cfg.Now())
	if ok {
		return nil
	}
	seconds := int(math.Ceil(wait.Seconds()))
	w.Header().Set("Retry-After", strconv.Itoa(seconds))
	return problemf(http.StatusTooManyRequests, "too many requests at once; come again in %d s", seconds)
}
