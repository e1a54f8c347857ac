package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
)

// localSocket is where the server listens for this machine's commands. The
// directory around it is the owner's alone, so whoever can connect may do
// everything.
func localSocket(dir string) string { return filepath.Join(dir, "control", "easel.sock") }

// listenLocal opens the local socket. The caller holds the data directory's
// lock, so a socket that is there was left by a server that was killed.
func listenLocal(dir string) (net.Listener, error) {
	path := localSocket(dir)
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("local socket: %w", err)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("local socket: %w", err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("local socket: %w", err)
	}
	return l, nil
}

// remote is the server of this machine, as its commands see it.
type remote struct {
	dir  string
	http *http.Client
}

func (f dataFlags) remote() (*remote, error) {
	dir, err := f.dir()
	if err != nil {
		return nil, err
	}
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", localSocket(dir))
	}
	return &remote{dir: dir, http: &http.Client{Transport: &http.Transport{DialContext: dial}}}, nil
}

// errNoServer says that there is no server to talk to.
var errNoServer = errors.New("no server runs on this data directory")

// do sends a request and returns the answer, whose body the caller closes. A
// refusal is an error with the server's own words.
func (r *remote) do(ctx context.Context, method, path string, body any) (*http.Response, error) {
	var content io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		content = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://easel"+path, content)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := r.http.Do(req)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return nil, fmt.Errorf("%w (%s): start it with easel serve, or name another by EASEL_DATA", errNoServer, r.dir)
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("the server in %s is another user's: run this as that user", r.dir)
	case err != nil:
		return nil, err
	}
	if resp.StatusCode < 300 {
		return resp, nil
	}
	defer resp.Body.Close()
	var problem struct {
		Detail string `json:"detail"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&problem); err != nil || problem.Detail == "" {
		problem.Detail = resp.Status
	}
	return nil, errors.New(problem.Detail)
}

// ask sends a request and decodes the answer into v, unless that is nil.
func (r *remote) ask(ctx context.Context, method, path string, body, v any) error {
	resp, err := r.do(ctx, method, path, body)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if v == nil {
		return nil
	}
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, v)
}
