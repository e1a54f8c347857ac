package cluster

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// groupRoot is the control group that holds all pods.
const groupRoot = "easel-machine"

// groups are the roots of the control groups' hierarchies: one in version 2, one
// a controller in version 1.
func groups() ([]string, error) {
	const top = "/sys/fs/cgroup"
	if _, err := os.Stat(filepath.Join(top, "cgroup.controllers")); err == nil {
		return []string{top}, nil
	}
	all, err := filepath.Glob(filepath.Join(top, "*", "cgroup.procs"))
	if err != nil || len(all) == 0 {
		return nil, errors.New("there are no control groups at " + top)
	}
	for i, path := range all {
		all[i] = filepath.Dir(path)
	}
	for _, name := range []string{"cpu", "memory", "pids"} {
		if !slices.Contains(all, filepath.Join(top, name)) {
			return nil, fmt.Errorf("there is no control group for %s at %s", name, top)
		}
	}
	return all, nil
}

// makeGroups makes the group that the kubelet keeps its pods in, in every
// hierarchy.
func makeGroups() error {
	all, err := groups()
	if err != nil {
		return err
	}
	removeGroups() // of a run that was killed
	for _, root := range all {
		dir := filepath.Join(root, groupRoot)
		if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		if strings.HasSuffix(root, "/cpuset") { // a group of it has no processors until it is told
			for _, name := range []string{"cpuset.cpus", "cpuset.mems"} {
				value, err := os.ReadFile(filepath.Join(root, name))
				if err != nil {
					return err
				}
				if err := os.WriteFile(filepath.Join(dir, name), value, 0o644); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// removeGroups removes it with all groups within. A group goes a moment after the
// last of its processes; what does not go by then is empty, and the next run's.
func removeGroups() {
	all, err := groups()
	if err != nil {
		return
	}
	for _, root := range all {
		top := filepath.Join(root, groupRoot)
		for range 50 {
			if removeTree(top) {
				break
			}
			time.Sleep(100 * time.Millisecond)
		}
	}
}

func removeTree(top string) bool {
	var dirs []string
	_ = filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			dirs = append(dirs, path)
		}
		return nil
	})
	for _, dir := range slices.Backward(dirs) {
		_ = unix.Rmdir(dir) // files of a group are not in the way
	}
	_, err := os.Stat(top)
	return errors.Is(err, fs.ErrNotExist)
}
