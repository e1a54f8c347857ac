package api

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// block is a MiB of a large file that is nowhere at once.
func block(n int64) []byte {
	var seed [32]byte
	binary.LittleEndian.PutUint64(seed[:], uint64(n))
	b := make([]byte, 1<<20)
	// It never fails (math/rand/v2, ChaCha8.Read).
	_, _ = rand.NewChaCha8(seed).Read(b)
	return b
}

// stretch is a large file from one place to another, where it breaks off.
type stretch struct {
	at, end int64
	now     []byte // what is left of the block at is in
}

var errCut = errors.New("the line is cut")

func (s *stretch) Read(b []byte) (int, error) {
	if s.at == s.end {
		return 0, errCut
	}
	if len(s.now) == 0 {
		s.now = block(s.at >> 20)[s.at&(1<<20-1):]
	}
	n := copy(b[:min(int64(len(b)), s.end-s.at)], s.now)
	s.now = s.now[n:]
	s.at += int64(n)
	return n, nil
}

// TestAnInterruptedUpload: a large file whose upload breaks off three times
// arrives as it is.
func TestAnInterruptedUpload(t *testing.T) {
	const size = uploadMiB << 20
	h := newHouse(t)
	id := h.session()
	dir, files := h.tunnels.Folder(id, 0), "/api/v1/sessions/"+id+"/files"
	p := h.owner()
	at := p.begin(201, files, "large.xcf", size)
	offset := func() int64 {
		t.Helper()
		n, err := strconv.ParseInt(p.expect(200, "HEAD", at, "", "Tus-Resumable", "1.0.0").header.Get("Upload-Offset"), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	began := time.Now()
	var sent int64
	// part sends from where the upload is to a cut, and says whether that was
	// taken: not as long as what was sent before is still being kept.
	part := func(cut int64) bool {
		t.Helper()
		from := offset()
		body := &stretch{at: from, end: cut}
		var whole io.Reader = body
		if cut == size {
			whole = io.LimitReader(body, size-from)
		}
		req, err := http.NewRequestWithContext(t.Context(), "PATCH", p.server.URL+at, whole)
		if err != nil {
			t.Fatal(err)
		}
		req.ContentLength = size - from
		for _, c := range p.cookies {
			req.AddCookie(c)
		}
		req.Header.Set("Content-Type", "application/offset+octet-stream")
		req.Header.Set("Tus-Resumable", "1.0.0")
		req.Header.Set("Upload-Offset", strconv.FormatInt(from, 10))
		resp, err := http.DefaultTransport.RoundTrip(req)
		sent += body.at - from
		if err != nil {
			if cut == size {
				t.Fatal(err)
			}
			return body.at == cut
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusNoContent
	}
	for _, cut := range []int64{size / 5, size/2 + 1, size - 4097, size} {
		eventually(t, "a part is taken", func() bool { return part(cut) })
	}
	took := time.Since(began)
	f, err := os.Open(filepath.Join(dir, "large.xcf"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, want := sha256.New(), sha256.New()
	n, err := io.Copy(got, f)
	if err != nil {
		t.Fatal(err)
	}
	for i := range int64(uploadMiB) {
		want.Write(block(i))
	}
	if n != size || string(got.Sum(nil)) != string(want.Sum(nil)) {
		t.Errorf("%d other bytes arrived, want %d", n, int64(size))
	}
	t.Logf("%d MiB, interrupted three times, in %v; %d bytes were sent again", uploadMiB, took.Round(time.Millisecond), sent-size)
}
