package remote

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/easel-live/easel/workspace/cloud"
	"github.com/easel-live/easel/workspace/cloud/rclone"
)

// Clouds are the folders that are kept the same as people's own storage.
type Clouds interface {
	Set(remotes []cloud.Remote) error
	Status() []cloud.Status
	Sync(id string) error
	Providers(ctx context.Context) ([]rclone.Provider, error)
	Test(ctx context.Context, r cloud.Remote) error
}

// maxCloud bounds what is said of remotes, in bytes: their credentials are keys
// and tokens.
const maxCloud = 4 << 20

// serveClouds adds what is asked about remotes.
func serveClouds(handle func(pattern string, serve func(r *http.Request, q url.Values) (any, error)), c Clouds) {
	handle("GET /clouds", func(*http.Request, url.Values) (any, error) { return c.Status(), nil })
	handle("PUT /clouds", func(r *http.Request, _ url.Values) (any, error) {
		var wished []cloud.Remote
		if err := told(r, &wished); err != nil {
			return nil, err
		}
		return nil, c.Set(wished)
	})
	handle("POST /clouds/test", func(r *http.Request, _ url.Values) (any, error) {
		var one cloud.Remote
		if err := told(r, &one); err != nil {
			return nil, err
		}
		return nil, c.Test(r.Context(), one)
	})
	handle("POST /clouds/{id}/sync", func(r *http.Request, _ url.Values) (any, error) { return nil, c.Sync(r.PathValue("id")) })
	handle("GET /clouds/providers", func(r *http.Request, _ url.Values) (any, error) { return c.Providers(r.Context()) })
}

func told(r *http.Request, v any) error {
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxCloud))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, v); err != nil {
		return errors.New("what was sent about remotes can't be read")
	}
	return nil
}

// SetClouds says which remotes there are to be.
func (f Files) SetClouds(ctx context.Context, remotes []cloud.Remote) error {
	return f.tell(ctx, "PUT", "/clouds", remotes)
}

// Clouds is how the remotes fare.
func (f Files) Clouds(ctx context.Context) (list []cloud.Status, err error) {
	err = f.ask(ctx, "GET", "/clouds", nil, &list)
	return list, err
}

// SyncCloud has a remote looked at now.
func (f Files) SyncCloud(ctx context.Context, id string) error {
	return f.ask(ctx, "POST", "/clouds/"+url.PathEscape(id)+"/sync", nil, nil)
}

// TestCloud says what is wrong with a remote.
func (f Files) TestCloud(ctx context.Context, r cloud.Remote) error {
	return f.tell(ctx, "POST", "/clouds/test", r)
}

// Providers are the kinds of storage there are.
func (f Files) Providers(ctx context.Context) (list []rclone.Provider, err error) {
	err = f.ask(ctx, "GET", "/clouds/providers", nil, &list)
	return list, err
}

// tell sends a value.
func (f Files) tell(ctx context.Context, method, path string, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("files: %w", err)
	}
	resp, err := f.do(ctx, method, path, nil, nil, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return decode(resp, nil)
}
