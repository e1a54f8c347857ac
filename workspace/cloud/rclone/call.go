package rclone

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// maxAnswer bounds what rclone may answer, in bytes: a list of 20,000 files
// with long names.
const maxAnswer = 32 << 20

// Error is what rclone refused, or a remote did, in its words.
type Error struct {
	Status int
	Words  string
}

func (e *Error) Error() string { return e.Words }

// call asks rclone for something and reads the answer into out.
func (d *Daemon) call(ctx context.Context, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("rclone: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.url+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("rclone: %w", err)
	}
	req.SetBasicAuth(d.name, d.word)
	req.Header.Set("Content-Type", "application/json")
	resp, err := d.http.Do(req)
	if err != nil {
		return fmt.Errorf("rclone: %w", err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return fmt.Errorf("rclone: %w", err)
	}
	if len(raw) > maxAnswer {
		return fmt.Errorf("rclone: the answer has more than %d bytes", maxAnswer)
	}
	if resp.StatusCode != http.StatusOK {
		var said struct {
			Error string `json:"error"`
		}
		if json.Unmarshal(raw, &said) != nil || said.Error == "" {
			said.Error = resp.Status
		}
		return &Error{resp.StatusCode, plain(said.Error)}
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return fmt.Errorf("rclone: answers nonsense: %w", err)
	}
	return nil
}

// plain is an error of rclone's as people can read it: on one line, of bounded
// length, without the names of functions that it begins with.
func plain(words string) string {
	words = strings.Join(strings.Fields(words), " ")
	for _, prefix := range []string{"error in ListJSON: ", "operation failed: "} {
		words = strings.TrimPrefix(words, prefix)
	}
	if len(words) > 300 {
		words = strings.ToValidUTF8(words[:300], "") + "…"
	}
	return words
}
