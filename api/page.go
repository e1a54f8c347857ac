package api

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"strconv"
	"unicode/utf8"
)

// Pages of lists: so many entries unless asked otherwise, and at most.
const (
	pageLimit    = 50
	maxPageLimit = 200
	maxCursor    = 512
)

var errCursor = problemf(http.StatusUnprocessableEntity, "cursor: it is not one that this list gave")

// page reads which part of a list a request wants: limit entries after what the
// cursor of the last page names.
func page(r *http.Request) (after string, limit int, err error) {
	q := r.URL.Query()
	limit = pageLimit
	if word := q.Get("limit"); word != "" {
		if limit, err = strconv.Atoi(word); err != nil || limit < 1 || limit > maxPageLimit {
			return "", 0, problemf(http.StatusUnprocessableEntity, "limit must be between 1 and %d", maxPageLimit)
		}
	}
	after, ok := readCursor(q.Get("cursor"))
	if !ok {
		return "", 0, errCursor
	}
	return after, limit, nil
}

// readCursor is the place in a list that a cursor stands for.
func readCursor(cursor string) (after string, ok bool) {
	if len(cursor) > maxCursor {
		return "", false
	}
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || !utf8.Valid(b) || bytes.ContainsRune(b, 0) {
		return "", false
	}
	return string(b), true
}

// numberedPage is page for a list that is ordered by numbers, the greatest first:
// it begins before a number, 0: at the list's beginning.
func numberedPage(r *http.Request) (before int64, limit int, err error) {
	after, limit, err := page(r)
	if err != nil || after == "" {
		return 0, limit, err
	}
	before, err = strconv.ParseInt(after, 10, 64)
	if err != nil || before < 1 {
		return 0, 0, errCursor
	}
	return before, limit, nil
}

// cut takes a list that may be one too long to its limit, and says where the
// next page begins: empty at the end.
func cut[T any](list []T, limit int, place func(T) string) (_ []T, next string) {
	if len(list) <= limit {
		return list, ""
	}
	list = list[:limit]
	return list, base64.RawURLEncoding.EncodeToString([]byte(place(list[limit-1])))
}
