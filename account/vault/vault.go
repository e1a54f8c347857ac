// Package vault seals what people entrust to the server, so that a copy of its
// database opens nothing: each person's secrets with a key of their own, and
// these keys with one master key, which is kept elsewhere (envelope encryption).
//
// Both are AES-256-GCM with random nonces (NIST SP 800-38D). What is sealed is
// bound to whom and what it is for, so that one sealed text can't be put in
// another's place. Who forgets a person's key has made all that it sealed
// unreadable, in backups too.
package vault

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// ErrSealed says that something can't be opened: it was sealed with another
// master key, or is damaged.
var ErrSealed = errors.New("what was sealed can't be opened with this server's key")

const (
	keyBytes = 32
	// version begins what is sealed.
	version = "v1."
)

// Keys keeps people's keys, sealed.
type Keys interface {
	// Key is a person's sealed key: the one there is, else fresh, which is kept.
	Key(ctx context.Context, person, fresh string) (string, error)
}

// Vault seals and opens.
type Vault struct {
	master cipher.AEAD
	keys   Keys
}

// New makes a vault with a master key of 32 bytes.
func New(master []byte, keys Keys) (*Vault, error) {
	aead, err := newAEAD(master)
	if err != nil {
		return nil, err
	}
	return &Vault{aead, keys}, nil
}

func newAEAD(key []byte) (cipher.AEAD, error) {
	if len(key) != keyBytes {
		return nil, fmt.Errorf("vault: a key of %d bytes, want %d", len(key), keyBytes)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("vault: %w", err)
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// Seal seals something of a person's. purpose must be said again to open it.
func (v *Vault) Seal(ctx context.Context, person, purpose string, plain []byte) (string, error) {
	own, err := v.own(ctx, person)
	if err != nil {
		return "", err
	}
	return seal(own, bound(person, purpose), plain), nil
}

// Open opens what Seal sealed.
func (v *Vault) Open(ctx context.Context, person, purpose, sealed string) ([]byte, error) {
	own, err := v.own(ctx, person)
	if err != nil {
		return nil, err
	}
	return open(own, bound(person, purpose), sealed)
}

// own is a person's key, made at its first use.
func (v *Vault) own(ctx context.Context, person string) (cipher.AEAD, error) {
	fresh := make([]byte, keyBytes)
	rand.Read(fresh)
	purpose := bound(person, "key")
	sealed, err := v.keys.Key(ctx, person, seal(v.master, purpose, fresh))
	if err != nil {
		return nil, err
	}
	key, err := open(v.master, purpose, sealed)
	if err != nil {
		return nil, err
	}
	return newAEAD(key)
}

// bound is what a sealed text is bound to. No ID has the byte between.
func bound(person, purpose string) []byte { return []byte(person + "\x00" + purpose) }

func seal(with cipher.AEAD, to, plain []byte) string {
	return version + base64.RawStdEncoding.EncodeToString(with.Seal(nil, nil, plain, to))
}

func open(with cipher.AEAD, to []byte, sealed string) ([]byte, error) {
	text, ok := strings.CutPrefix(sealed, version)
	raw, err := base64.RawStdEncoding.DecodeString(text)
	if !ok || err != nil {
		return nil, ErrSealed
	}
	plain, err := with.Open(nil, nil, raw, to)
	if err != nil {
		return nil, ErrSealed
	}
	return plain, nil
}

// LoadKey reads a master key: 32 bytes in base64, in a file that only the
// server's user should be able to read. With provide, one that is not there is
// made.
func LoadKey(path string, provide bool) ([]byte, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) && provide {
		return makeKey(path)
	}
	if err != nil {
		return nil, fmt.Errorf("key for secrets: %w", err)
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, 1024))
	if err != nil {
		return nil, fmt.Errorf("key for secrets: %w", err)
	}
	key, err := base64.StdEncoding.DecodeString(string(bytes.TrimSpace(raw)))
	if err != nil || len(key) != keyBytes {
		return nil, fmt.Errorf("key for secrets: %s has no %d bytes in base64; one is made by: openssl rand -base64 %[2]d", path, keyBytes)
	}
	return key, nil
}

func makeKey(path string) ([]byte, error) {
	key := make([]byte, keyBytes)
	rand.Read(key)
	f, err := os.CreateTemp(filepath.Dir(path), ".key-*")
	if err != nil {
		return nil, fmt.Errorf("key for secrets: %w", err)
	}
	defer os.Remove(f.Name()) // gone already when all went well
	_, err = f.WriteString(base64.StdEncoding.EncodeToString(key) + "\n")
	for _, step := range []func() error{f.Sync, f.Close, func() error { return os.Rename(f.Name(), path) }} {
		if err == nil {
			err = step()
		}
	}
	if err != nil {
		return nil, fmt.Errorf("key for secrets: %w", err)
	}
	return key, nil
}
