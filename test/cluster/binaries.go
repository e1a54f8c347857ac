package cluster

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"

	"golang.org/x/sys/unix"
)

// parts are what the one binary of Kubernetes is, by the names it is called by.
var parts = []string{"etcd", "apiserver", "controller-manager", "scheduler", "kubelet", "proxy"}

// The version that Kubernetes says it is; that of its module in go.mod.
const stamp = "-X k8s.io/component-base/version.gitVersion=v1.37.2" +
	" -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=37"

// binaries returns the directory with Kubernetes' parts and kwok, building them
// first where the cache has none of this go.mod. The build takes 11 minutes of
// processor time; it yields to everything else.
func binaries() (string, error) {
	source, err := filepath.Abs("kubernetes")
	if err != nil {
		return "", err
	}
	key, err := fingerprint(source)
	if err != nil {
		return "", fmt.Errorf("what Kubernetes is built from: %w", err)
	}
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	unlock, err := lock(filepath.Join(cache, "lock")) // two tests at once build once
	if err != nil {
		return "", err
	}
	defer unlock()
	dir := filepath.Join(cache, key)
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	return dir, buildInto(dir, source)
}

// cacheDir is where what takes long to make is kept between runs.
func cacheDir() (string, error) {
	dir := os.Getenv("EASEL_CLUSTER_CACHE")
	if dir == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return "", err
		}
		dir = filepath.Join(user, "easel-cluster")
	}
	return dir, os.MkdirAll(dir, 0o755)
}

// buildInto makes dir whole or not at all.
func buildInto(dir, source string) error {
	half, err := os.MkdirTemp(filepath.Dir(dir), "half-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(half) // gone already when all went well
	for _, b := range []struct{ name, pkg, flags string }{
		{"kubernetes", ".", stamp},
		{"kwok", "sigs.k8s.io/kwok/cmd/kwok", ""},
	} {
		fmt.Fprintf(os.Stderr, "building %s, once for many runs\n", b.name)
		cmd := exec.Command("nice", "go", "build", "-trimpath", "-ldflags", "-s -w "+b.flags, "-o", filepath.Join(half, b.name), b.pkg)
		cmd.Dir = source
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-buildvcs=false")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("building %s: %w\n%s", b.name, err, out)
		}
	}
	for _, name := range parts {
		if err := os.Symlink("kubernetes", filepath.Join(half, name)); err != nil {
			return err
		}
	}
	return os.Rename(half, dir)
}

// fingerprint names what the binaries are built from: sources, module versions,
// toolchain.
func fingerprint(source string) (string, error) {
	files, err := filepath.Glob(filepath.Join(source, "*.go"))
	if err != nil {
		return "", err
	}
	files = append(files, filepath.Join(source, "go.mod"), filepath.Join(source, "go.sum"))
	slices.Sort(files)
	sum := sha256.New()
	fmt.Fprintln(sum, runtime.Version(), runtime.GOARCH, stamp)
	for _, name := range files {
		content, err := os.ReadFile(name)
		if err != nil {
			return "", err
		}
		fmt.Fprintln(sum, filepath.Base(name), len(content))
		sum.Write(content)
	}
	return hex.EncodeToString(sum.Sum(nil)[:8]), nil
}

func lock(path string) (func(), error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() { f.Close() }, nil
}
