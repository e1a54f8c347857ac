package remote

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/easel-live/easel/images"
	"github.com/easel-live/easel/workspace"
)

// ErrUnreachable: the session's agent is not there now. It may come back.
var ErrUnreachable = errors.New("the session's files can't be reached now")

const (
	// perSession bounds the streams that one session's files take.
	perSession = 16
	// answerTimeout bounds the wait for the beginning of an answer.
	answerTimeout = time.Minute
)

// Tunnels opens streams to services of rooms' agents.
type Tunnels interface {
	Open(ctx context.Context, room, service string) (net.Conn, error)
}

// Client reaches the workspaces of all sessions. Close it after use.
type Client struct {
	transport *http.Transport
}

// NewClient makes a client that goes through tunnels.
func NewClient(tunnels Tunnels) *Client {
	return &Client{&http.Transport{
		DialContext: func(ctx context.Context, _, addr string) (net.Conn, error) {
			room, _, err := net.SplitHostPort(addr)
			if err != nil {
				return nil, err
			}
			stream, err := tunnels.Open(ctx, room, Service)
			if err != nil {
				return nil, fmt.Errorf("%w: %w", ErrUnreachable, err)
			}
			return stream, nil
		},
		MaxConnsPerHost: perSession, MaxIdleConnsPerHost: 2, IdleConnTimeout: restTimeout / 2,
		ResponseHeaderTimeout: answerTimeout, MaxResponseHeaderBytes: 16 << 10, DisableCompression: true,
	}}
}

// Close ends the streams that rest.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// Of is the workspace of the session whose room this is.
func (c *Client) Of(room string) Files { return Files{c, room} }

// Files is one session's workspace from afar. Its methods are those of
// workspace.Workspace; errors wrap that package's or ErrUnreachable.
type Files struct {
	c    *Client
	room string
}

// List lists a folder.
func (f Files) List(ctx context.Context, folder string) (list workspace.Listing, err error) {
	err = f.ask(ctx, "GET", "/list", url.Values{"path": {folder}}, &list)
	return list, err
}

// Stat is one entry.
func (f Files) Stat(ctx context.Context, path string) (e workspace.Entry, err error) {
	err = f.ask(ctx, "GET", "/stat", url.Values{"path": {path}}, &e)
	return e, err
}

// Usage measures the workspace.
func (f Files) Usage(ctx context.Context) (u workspace.Usage, err error) {
	err = f.ask(ctx, "GET", "/usage", nil, &u)
	return u, err
}

// Mkdir makes a folder.
func (f Files) Mkdir(ctx context.Context, path string) (e workspace.Entry, err error) {
	err = f.ask(ctx, "POST", "/mkdir", url.Values{"path": {path}}, &e)
	return e, err
}

// Move renames or moves.
func (f Files) Move(ctx context.Context, from, to string) (e workspace.Entry, err error) {
	err = f.ask(ctx, "POST", "/move", url.Values{"from": {from}, "to": {to}}, &e)
	return e, err
}

// Delete puts something into the trash.
func (f Files) Delete(ctx context.Context, path string) (t workspace.Trashed, err error) {
	err = f.ask(ctx, "POST", "/delete", url.Values{"path": {path}}, &t)
	return t, err
}

// Trash is what can be restored.
func (f Files) Trash(ctx context.Context) (list []workspace.Trashed, err error) {
	err = f.ask(ctx, "GET", "/trash", nil, &list)
	return list, err
}

// Restore brings something back and returns where.
func (f Files) Restore(ctx context.Context, id string) (path string, err error) {
	err = f.ask(ctx, "POST", "/restore", url.Values{"id": {id}}, &path)
	return path, err
}

// Purge deletes something of the trash for good.
func (f Files) Purge(ctx context.Context, id string) error {
	return f.ask(ctx, "POST", "/purge", url.Values{"id": {id}}, nil)
}

// BeginUpload announces a file.
func (f Files) BeginUpload(ctx context.Context, path string, size int64) (u workspace.Upload, err error) {
	err = f.ask(ctx, "POST", "/uploads", url.Values{"path": {path}, "size": {strconv.FormatInt(size, 10)}}, &u)
	return u, err
}

// Upload is how far an upload is.
func (f Files) Upload(ctx context.Context, id string) (u workspace.Upload, err error) {
	err = f.ask(ctx, "GET", "/uploads/"+url.PathEscape(id), nil, &u)
	return u, err
}

// Continue sends the next bytes of an upload.
func (f Files) Continue(ctx context.Context, id string, offset int64, content io.Reader) (n int64, err error) {
	q := url.Values{"offset": {strconv.FormatInt(offset, 10)}}
	resp, err := f.do(ctx, "PATCH", "/uploads/"+url.PathEscape(id), q, nil, content)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	return n, decode(resp, &n)
}

// Finish puts an upload in its place and returns where.
func (f Files) Finish(ctx context.Context, id string) (path string, err error) {
	err = f.ask(ctx, "POST", "/uploads/"+url.PathEscape(id)+"/finish", nil, &path)
	return path, err
}

// Cancel forgets an upload.
func (f Files) Cancel(ctx context.Context, id string) error {
	return f.ask(ctx, "DELETE", "/uploads/"+url.PathEscape(id), nil, nil)
}

// Images is what is open in GIMP, was exported, or can be recovered.
func (f Files) Images(ctx context.Context) (s images.State, err error) {
	err = f.ask(ctx, "GET", "/images", nil, &s)
	return s, err
}

// Open has GIMP open a file, or add it as a layer.
func (f Files) Open(ctx context.Context, path string, layer bool) error {
	return f.ask(ctx, "POST", "/open", url.Values{"path": {path}, "layer": {strconv.FormatBool(layer)}}, nil)
}

// Recover opens the copy of a lost image and returns where it is.
func (f Files) Recover(ctx context.Context, id string) (path string, err error) {
	err = f.ask(ctx, "POST", "/recover", url.Values{"id": {id}}, &path)
	return path, err
}

// Discard puts the copy of a lost image into the trash.
func (f Files) Discard(ctx context.Context, id string) error {
	return f.ask(ctx, "POST", "/discard", url.Values{"id": {id}}, nil)
}

// Preview is a small picture of a file: a JPEG or PNG, checked for being one.
func (f Files) Preview(ctx context.Context, path string) (picture []byte, kind string, err error) {
	const most = 1 << 20
	resp, err := f.do(ctx, "GET", "/preview", url.Values{"path": {path}}, nil, nil)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	picture, err = io.ReadAll(io.LimitReader(resp.Body, most+1))
	if err != nil {
		return nil, "", fmt.Errorf("files: %w", err)
	}
	kind = http.DetectContentType(picture)
	if len(picture) > most || kind != "image/jpeg" && kind != "image/png" {
		return nil, "", fmt.Errorf("files: the preview of %q is none", path)
	}
	return picture, kind, nil
}

// Content is a file's bytes, or those of a range of it.
type Content struct {
	io.ReadCloser
	Status   int    // 200, 206 or 416
	Length   int64  // of these bytes; -1: not known
	Range    string // Content-Range, for 206 and 416
	Version  string
	Modified time.Time
}

// Content opens a file for reading. ranges and ifRange are the headers Range
// and If-Range (RFC 9110, sections 14.2 and 13.1.5), or empty.
func (f Files) Content(ctx context.Context, path, ranges, ifRange string) (Content, error) {
	header := http.Header{}
	if ranges != "" {
		header.Set("Range", ranges)
	}
	if ranges != "" && ifRange != "" {
		header.Set("If-Range", ifRange)
	}
	resp, err := f.do(ctx, "GET", "/content", url.Values{"path": {path}}, header, nil)
	if err != nil {
		return Content{}, err
	}
	c := Content{ReadCloser: resp.Body, Status: resp.StatusCode, Length: resp.ContentLength, Version: strings.Trim(resp.Header.Get("Etag"), `"`)}
	if parts := resp.Header.Get("Content-Range"); contentRange(parts) {
		c.Range = parts
	}
	c.Modified, _ = http.ParseTime(resp.Header.Get("Last-Modified")) // the zero time without one
	if !plain(c.Version) || c.Status != http.StatusOK && c.Range == "" {
		resp.Body.Close()
		return Content{}, errors.New("files: the agent answers nonsense")
	}
	return c, nil
}

// Zip is an archive of a selection. It ends in an error if it isn't whole.
func (f Files) Zip(ctx context.Context, paths []string) (io.ReadCloser, error) {
	resp, err := f.do(ctx, "GET", "/zip", url.Values{"path": paths}, nil, nil)
	if err != nil {
		return nil, err
	}
	return resp.Body, nil
}

// ask sends a request and reads a small answer.
func (f Files) ask(ctx context.Context, method, path string, q url.Values, v any) error {
	resp, err := f.do(ctx, method, path, q, nil, nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return decode(resp, v)
}

func decode(resp *http.Response, v any) error {
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("files: %w", err)
	}
	if v == nil {
		return nil
	}
	if err := json.Unmarshal(raw, v); err != nil {
		return fmt.Errorf("files: the agent answers nonsense: %w", err)
	}
	return nil
}

func (f Files) do(ctx context.Context, method, path string, q url.Values, header http.Header, body io.Reader) (*http.Response, error) {
	// Only rooms that can be a host name have sessions.
	req, err := http.NewRequestWithContext(ctx, method, "http://"+f.room+path+"?"+q.Encode(), body)
	if err != nil {
		return nil, fmt.Errorf("files: %w", err)
	}
	if header != nil {
		req.Header = header
	}
	resp, err := f.c.transport.RoundTrip(req)
	if err != nil {
		if ctx.Err() == nil && !errors.Is(err, ErrUnreachable) {
			err = fmt.Errorf("%w: %w", ErrUnreachable, err)
		}
		return nil, err
	}
	switch resp.StatusCode {
	case http.StatusOK, http.StatusPartialContent, http.StatusRequestedRangeNotSatisfiable:
		return resp, nil
	}
	defer resp.Body.Close()
	return nil, refusedBy(resp)
}

// contentRange says whether s is a Content-Range of bytes (RFC 9110, section 14.4).
func contentRange(s string) bool {
	rest, ok := strings.CutPrefix(s, "bytes ")
	return ok && len(rest) < 64 && strings.Trim(rest, "0123456789-/*") == ""
}

// plain says whether s may stand in a header as it is.
func plain(s string) bool {
	return len(s) < 64 && strings.Trim(s, "0123456789abcdefghijklmnopqrstuvwxyz-") == ""
}
