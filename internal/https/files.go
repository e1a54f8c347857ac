package https

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// lookEvery is how often the files are looked at, by handshakes.
const lookEvery = time.Second

// Files is a certificate in two PEM files that may be replaced at any time. A
// pair that cannot be read leaves the last good one in use: a renewal writes one
// file after the other.
type Files struct {
	cert, key string
	log       *slog.Logger

	mu     sync.Mutex
	looked time.Time
	stamp  stamp
	pair   *tls.Certificate
}

// stamp tells one content of the files from another.
type stamp struct {
	certTime, keyTime time.Time
	certSize, keySize int64
}

// NewFiles reads a certificate chain and its key.
func NewFiles(cert, key string, log *slog.Logger) (*Files, error) {
	f := &Files{cert: cert, key: key, log: log}
	if err := f.read(); err != nil {
		return nil, fmt.Errorf("https: certificate: %w", err)
	}
	f.looked = time.Now()
	return f, nil
}

// Config is a server's that uses the newest pair.
func (f *Files) Config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: protocols, GetCertificate: f.get}
}

// protocols are negotiated by ALPN (RFC 7301).
var protocols = []string{"h2", "http/1.1"}

func (f *Files) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if now := time.Now(); now.Sub(f.looked) >= lookEvery {
		f.looked = now
		if s, err := f.look(); err != nil || s != f.stamp {
			if err := f.read(); err != nil {
				f.log.Error("the certificate changed and cannot be read; the last one stays", "error", err)
			} else {
				f.log.Info("certificate read anew", "file", f.cert)
			}
		}
	}
	return f.pair, nil
}

func (f *Files) look() (stamp, error) {
	c, err := os.Stat(f.cert)
	if err != nil {
		return stamp{}, err
	}
	k, err := os.Stat(f.key)
	if err != nil {
		return stamp{}, err
	}
	return stamp{c.ModTime(), k.ModTime(), c.Size(), k.Size()}, nil
}

// read takes the files' pair. The stamp is of before: what changes meanwhile is
// read at the next look.
func (f *Files) read() error {
	s, err := f.look()
	if err != nil {
		return err
	}
	pair, err := tls.LoadX509KeyPair(f.cert, f.key)
	if err != nil {
		return err
	}
	f.stamp, f.pair = s, &pair
	return nil
}
