// Package webhook tells other servers what happens in rooms, in LiveKit's
// format: a JSON livekit.WebhookEvent, signed with an API key by a token in the
// Authorization header whose sha256 claim is that of the body. LiveKit's
// webhook receivers understand it unmodified.
//
// Telling never waits: each receiver has its own bounded queue, and events that
// do not fit are dropped and counted. A receiver gets events in order, each as
// often as it takes within a few attempts, so it may see one twice: their ids
// tell.
package webhook

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/livekit/protocol/auth"
	"github.com/livekit/protocol/livekit"
	"google.golang.org/protobuf/encoding/protojson"
)

// Errors of a Sender.
var (
	ErrURL      = errors.New("webhook: bad URL")
	errStatus   = errors.New("webhook: refused")
	errNotAgain = errors.New("webhook: not worth another attempt")
)

const (
	// queued is how many events may wait for one receiver.
	queued = 1024
	// maxURLs bounds the receivers.
	maxURLs = 16
	// signedFor is how long a signature is valid.
	signedFor = 5 * time.Minute

	contentType = "application/webhook+json"
)

// Config says whom to tell and how to sign. Zero durations and counts take
// their defaults.
type Config struct {
	URLs        []string // http or https
	Key, Secret string   // an API key
	Log         *slog.Logger

	Timeout  time.Duration // of one attempt: 5 s
	Backoff  time.Duration // before the second attempt, then doubling: 500 ms
	Attempts int           // per event: 5
}

// Sender tells receivers of events. A nil Sender tells nobody.
type Sender struct {
	cfg       Config
	client    *http.Client
	receivers []*receiver
	dropped   atomic.Uint64
	running   sync.WaitGroup

	ctx    context.Context // ends when Close has waited long enough
	cancel context.CancelFunc
}

// receiver is one URL and what it still has to be told.
type receiver struct {
	url   string
	queue chan []byte // signed when sent: waiting must not outlast a signature
}

// New starts a sender; Close ends it.
func New(cfg Config) (*Sender, error) {
	if len(cfg.URLs) > maxURLs {
		return nil, fmt.Errorf("%w: %d of them, at most %d", ErrURL, len(cfg.URLs), maxURLs)
	}
	for _, text := range cfg.URLs {
		if err := CheckURL(text); err != nil {
			return nil, err
		}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = 5 * time.Second
	}
	if cfg.Backoff <= 0 {
		cfg.Backoff = 500 * time.Millisecond
	}
	if cfg.Attempts <= 0 {
		cfg.Attempts = 5
	}
	s := &Sender{cfg: cfg, client: NewClient(cfg.Timeout)}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	for _, text := range cfg.URLs {
		r := &receiver{url: text, queue: make(chan []byte, queued)}
		s.receivers = append(s.receivers, r)
		s.running.Go(func() { s.serve(r) })
	}
	return s, nil
}

// CheckURL says what is wrong with the URL of a receiver: ErrURL.
func CheckURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return fmt.Errorf("%w: %q; want http:// or https://", ErrURL, text)
	}
	return nil
}

// NewClient makes a client for Post, with so much time for one attempt.
func NewClient(timeout time.Duration) *http.Client {
	return &http.Client{
		Timeout: timeout, Transport: &http.Transport{Proxy: http.ProxyFromEnvironment},
		// What is signed for one receiver is not for another.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Send queues an event for every receiver. It never waits.
func (s *Sender) Send(event *livekit.WebhookEvent) {
	if s == nil || len(s.receivers) == 0 {
		return
	}
	body, err := protojson.Marshal(event)
	if err != nil {
		s.cfg.Log.Error("event not encoded", "event", event.GetEvent(), "error", err)
		return
	}
	for _, r := range s.receivers {
		select {
		case r.queue <- body:
		default:
			s.dropped.Add(1)
			s.cfg.Log.Warn("event dropped: the receiver is too slow", "url", redact(r.url), "event", event.GetEvent())
		}
	}
}

// Dropped is how many events were given up: the queue was full, or the last
// attempt failed.
func (s *Sender) Dropped() uint64 {
	if s == nil {
		return 0
	}
	return s.dropped.Load()
}

// Close gives the receivers what is queued for them, for no longer than ctx,
// and waits until nothing of the sender runs any more. Nothing may be sent any
// more.
func (s *Sender) Close(ctx context.Context) {
	if s == nil {
		return
	}
	for _, r := range s.receivers {
		close(r.queue)
	}
	stop := context.AfterFunc(ctx, s.cancel)
	s.running.Wait()
	stop()
	s.cancel()
	s.client.CloseIdleConnections()
}

// serve works off one receiver's queue.
func (s *Sender) serve(r *receiver) {
	for body := range r.queue {
		if err := s.deliver(r, body); err != nil {
			s.dropped.Add(1)
			s.cfg.Log.Warn("event given up", "url", redact(r.url), "error", err)
		}
	}
}

// deliver makes attempts until one succeeds or is the last.
func (s *Sender) deliver(r *receiver, body []byte) error {
	wait := s.cfg.Backoff
	for attempt := 1; ; attempt++ {
		err := s.post(r.url, body)
		if err == nil || errors.Is(err, errNotAgain) || attempt >= s.cfg.Attempts || s.ctx.Err() != nil {
			return err
		}
		select {
		case <-s.ctx.Done():
			return err
		case <-time.After(wait):
		}
		wait *= 2
	}
}

// post makes one attempt.
func (s *Sender) post(to string, body []byte) error {
	return s.cfg.signer().Post(s.ctx, s.client, to, body)
}

func (c Config) signer() Signer { return Signer{Key: c.Key, Secret: c.Secret} }

// Signer signs with an API key.
type Signer struct{ Key, Secret string }

// Post sends a JSON body once, signed as LiveKit signs its webhooks.
func (s Signer) Post(ctx context.Context, client *http.Client, to string, body []byte) error {
	sum := sha256.Sum256(body)
	signature, err := auth.NewAccessToken(s.Key, s.Secret).
		SetValidFor(signedFor).SetSha256(base64.StdEncoding.EncodeToString(sum[:])).ToJWT()
	if err != nil {
		return fmt.Errorf("%w: sign: %w", errNotAgain, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("%w: %w", errNotAgain, err)
	}
	req.Header.Set("Authorization", signature)
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("User-Agent", "Easel")
	resp, err := client.Do(req)
	if err != nil {
		var failed *url.Error
		if errors.As(err, &failed) { // its text has the URL, and with it perhaps a secret
			err = failed.Err
		}
		return fmt.Errorf("webhook: %w", err)
	}
	defer resp.Body.Close()
	_, _ = io.CopyN(io.Discard, resp.Body, 4<<10) // so that the connection can be used again
	switch {
	case resp.StatusCode < 300:
		return nil
	case resp.StatusCode < 500 && resp.StatusCode != http.StatusTooManyRequests && resp.StatusCode != http.StatusRequestTimeout:
		return fmt.Errorf("%w: %w: %s", errNotAgain, errStatus, resp.Status)
	}
	return fmt.Errorf("%w: %s", errStatus, resp.Status)
}

// redact leaves of a URL what may be logged.
func redact(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return "?"
	}
	return u.Scheme + "://" + u.Host
}
