package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"time"
)

const (
	// maxToken bounds what is taken for a token.
	maxToken = 16 << 10
	// tokenAgain is how often a token that is not there is looked for. A Secret
	// is put in place by renaming a link above it, which the file itself could
	// not tell of.
	tokenAgain = 100 * time.Millisecond
)

// awaitToken reads the token's file, if the token is in one, as soon as it is
// there. A token that was replaced meanwhile is read by the next agent: this one
// ends when the server refuses its own.
func awaitToken(ctx context.Context, f *flags) error {
	if f.TokenAt == "" {
		return nil
	}
	again := time.NewTicker(tokenAgain)
	defer again.Stop()
	for {
		token, err := readToken(f.TokenAt)
		if err == nil {
			f.Token = token
			return readQuota(f)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("the token's file: %w", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-again.C:
		}
	}
}

// readQuota reads how many bytes the files may take, if a file says so.
func readQuota(f *flags) error {
	if f.QuotaAt == "" {
		return nil
	}
	raw, err := os.ReadFile(f.QuotaAt)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		f.Quota, err = strconv.ParseInt(string(bytes.TrimSpace(raw)), 10, 64)
	}
	if err == nil && f.Quota < 0 {
		err = strconv.ErrRange
	}
	if err != nil {
		return fmt.Errorf("the quota's file: %w", err)
	}
	return nil
}

func readToken(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	raw, err := io.ReadAll(io.LimitReader(file, maxToken+1))
	if err != nil {
		return "", err
	}
	if len(raw) > maxToken {
		return "", fmt.Errorf("%s is no token: it has more than %d bytes", path, maxToken)
	}
	token := bytes.TrimSpace(raw)
	if len(token) == 0 {
		return "", fs.ErrNotExist // being written
	}
	return string(token), nil
}
