package main

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// dataFlags say where the server keeps what must outlive it.
type dataFlags struct {
	Data string `env:"EASEL_DATA" type:"path" help:"Data directory; default ~/.local/share/easel, for root /var/lib/easel."`
}

// dir is the data directory, absolute. Root's home is closed to the user that
// GIMP runs as, so root's sessions live elsewhere.
func (f dataFlags) dir() (string, error) {
	switch {
	case f.Data != "":
		return filepath.Abs(f.Data)
	case os.Getuid() == 0:
		return "/var/lib/easel", nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("data directory: %w; set EASEL_DATA", err)
	}
	return filepath.Join(home, ".local", "share", "easel"), nil
}

// storeFlags say where accounts are kept.
type storeFlags struct {
	dataFlags
	Database string `env:"EASEL_DATABASE" placeholder:"URL" help:"postgres:// URL of a database for accounts that several servers share; default the file accounts.db in the data directory."`
}

// database is what account/store opens.
func (f storeFlags) database(dir string) string {
	return cmp.Or(f.Database, filepath.Join(dir, "accounts.db"))
}

// errBusy says that another server has the data directory.
var errBusy = errors.New("another easel serves from this data directory")

// lockData makes the data directory and takes it for this process alone: two
// servers would take each other's sessions over. The kernel lets go of the
// lock when the process ends, however it ends.
func lockData(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o711); err != nil {
		return nil, fmt.Errorf("data directory: %w; EASEL_DATA chooses another", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("data directory: %w; EASEL_DATA chooses another", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, fmt.Errorf("%w: %s; EASEL_DATA chooses another", errBusy, dir)
		}
		return nil, fmt.Errorf("locking the data directory: %w", err)
	}
	return f, nil
}

// The key pair of --dev. Everybody knows it.
const (
	devKey    = "devkey"
	devSecret = "easel-dev-secret-easel-dev-secret-00"
)

// keyPair signs access tokens.
type keyPair struct {
	Key    string `json:"key"`
	Secret string `json:"secret"`
}

// loadKeys reads the key pair of a data directory, making it first if need be:
// tokens and agents outlive a restart of the server.
func loadKeys(dir string) (keyPair, error) {
	path := filepath.Join(dir, "livekit-key.json")
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return makeKeys(path)
	}
	if err != nil {
		return keyPair{}, fmt.Errorf("key pair: %w", err)
	}
	var k keyPair
	if err := json.Unmarshal(raw, &k); err != nil || k.Key == "" || len(k.Secret) < 32 {
		return keyPair{}, fmt.Errorf("key pair: %s is not a key pair; remove it to have a new one made", path)
	}
	return k, nil
}

func makeKeys(path string) (keyPair, error) {
	b := make([]byte, 40)
	rand.Read(b)
	k := keyPair{Key: "easel" + hex.EncodeToString(b[:8]), Secret: hex.EncodeToString(b[8:])}
	raw, err := json.Marshal(k)
	if err != nil {
		return keyPair{}, fmt.Errorf("key pair: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o711); err != nil {
		return keyPair{}, fmt.Errorf("key pair: %w", err)
	}
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		return keyPair{}, fmt.Errorf("key pair: %w", err)
	}
	return k, nil
}
