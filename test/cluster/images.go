package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
)

// The images that pods are made from here. They are on the machine, and are to be
// had nowhere else.
const (
	baseImage    = "docker.io/library/debian:bookworm-slim"
	pauseImage   = "localhost/pause:test"
	serverImage  = "localhost/easel-server:test"
	sessionImage = "localhost/easel-session:test"
	oneImage     = "localhost/easel:test"
)

// images makes container images by buildah, in a store of its own in the cache:
// the packages that an image installs are installed once.
type images struct{ dir, archives string }

// Build builds the server's and the session's image from the project's own
// Dockerfiles, on a Debian that is made here, and gives them to the machine.
func (m *Machine) Build(ctx context.Context) error {
	i, err := m.images()
	if err != nil {
		return err
	}
	if err := i.base(ctx); err != nil {
		return err
	}
	if err := i.pause(ctx); err != nil {
		return err
	}
	for name, file := range map[string]string{serverImage: "server", sessionImage: "session"} {
		if err := i.build(ctx, name, filepath.Join("deploy", file, "Dockerfile")); err != nil {
			return err
		}
	}
	for _, name := range []string{pauseImage, serverImage, sessionImage} {
		if err := i.give(ctx, name, m.socket); err != nil {
			return err
		}
	}
	return nil
}

// BuildOne does so with the image of deploy/compose, after Build.
func (m *Machine) BuildOne(ctx context.Context) error {
	i, err := m.images()
	if err != nil {
		return err
	}
	if err := i.build(ctx, oneImage, filepath.Join("deploy", "compose", "Dockerfile"), "--build-arg", "SESSION="+sessionImage); err != nil {
		return err
	}
	return i.give(ctx, oneImage, m.socket)
}

func (m *Machine) images() (images, error) {
	cache, err := cacheDir()
	i := images{dir: filepath.Join(cache, "images"), archives: filepath.Join(m.dir, "archives")}
	return i, errors.Join(err, os.MkdirAll(i.archives, 0o755))
}

// base makes the image that the Dockerfiles begin with, once: a Debian from the
// mirror of this computer.
func (i images) base(ctx context.Context) error {
	if i.buildah(ctx, "inspect", "--type", "image", baseImage) == nil {
		return nil
	}
	fmt.Fprintln(os.Stderr, "making a Debian for the images, once for many runs")
	root, err := os.MkdirTemp("", "easel-debian-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(root)
	if err := quietly(exec.CommandContext(ctx, "nice", "debootstrap", "--variant=minbase", "bookworm", root, "http://deb.debian.org/debian")); err != nil {
		return err
	}
	apt := filepath.Join(root, "etc", "apt")
	settings, err := aptSettings(ctx)
	if err := errors.Join(err,
		os.WriteFile(filepath.Join(apt, "sources.list"), []byte(sources), 0o644),
		os.WriteFile(filepath.Join(apt, "apt.conf.d", "50network"), settings, 0o644),
		os.RemoveAll(filepath.Join(root, "var/cache/apt/archives")),
		os.RemoveAll(filepath.Join(root, "var/lib/apt/lists")),
	); err != nil {
		return err
	}
	return i.fromScratch(ctx, baseImage, root, "/", "--cmd", "bash")
}

// sources are where Debian's own image takes packages from.
const sources = `deb http://deb.debian.org/debian bookworm main
deb http://deb.debian.org/debian bookworm-updates main
deb http://deb.debian.org/debian-security bookworm-security main
`

// network are apt's settings that are about how to reach a mirror.
var network = regexp.MustCompile(`(?m)^Acquire::(http|https|Retries|Check-Valid-Until|Check-Date)\b.*\n`)

// aptSettings are this computer's of those: an image is built where it is.
func aptSettings(ctx context.Context) ([]byte, error) {
	all, err := exec.CommandContext(ctx, "apt-config", "dump").Output()
	return bytes.Join(network.FindAll(all, -1), nil), err
}

// pause makes the image of the process that holds a pod's namespaces.
func (i images) pause(ctx context.Context) error {
	binary := filepath.Join(i.archives, "pause")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", binary, "./pause")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if err := quietly(cmd); err != nil {
		return err
	}
	return i.fromScratch(ctx, pauseImage, binary, "/pause", "--entrypoint", `["/pause"]`)
}

// fromScratch makes an image of one file or folder.
func (i images) fromScratch(ctx context.Context, name, from, to string, config ...string) error {
	const working = "easel-scratch"
	_ = i.buildah(ctx, "rm", working) // of a run that was killed
	for _, args := range [][]string{
		{"from", "--name", working, "scratch"},
		{"copy", "--quiet", working, from, to},
		append(append([]string{"config"}, config...), working),
		{"commit", "--quiet", "--rm", working, name},
	} {
		if err := i.buildah(ctx, args...); err != nil {
			return err
		}
	}
	return nil
}

// build builds a Dockerfile as it is.
func (i images) build(ctx context.Context, name, dockerfile string, args ...string) error {
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "building %s\n", name)
	command := append([]string{"bud", "--layers", "--pull=never", "--isolation", "chroot", "--network", "host",
		"--file", filepath.Join(root, dockerfile), "--tag", name}, args...)
	return i.buildah(ctx, append(command, root)...)
}

// give hands an image to containerd.
func (i images) give(ctx context.Context, name, socket string) error {
	archive := filepath.Join(i.archives, "image.tar")
	defer os.Remove(archive)
	if err := i.buildah(ctx, "push", "--quiet", name, "docker-archive:"+archive+":"+name); err != nil {
		return err
	}
	return quietly(exec.CommandContext(ctx, "ctr", "--address", socket, "--namespace", "k8s.io", "images", "import", archive))
}

// buildah runs one of its commands, with its mounts in a namespace of their own.
func (i images) buildah(ctx context.Context, args ...string) error {
	store := []string{"--root", filepath.Join(i.dir, "store"), "--runroot", filepath.Join(i.dir, "run"), "--storage-driver", "overlay"}
	cmd := exec.CommandContext(ctx, "buildah", append(store, args...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	return quietly(cmd)
}

// quietly runs a command whose output matters when it fails.
func quietly(cmd *exec.Cmd) error {
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", cmd.Args, err, out[max(0, len(out)-3000):])
	}
	return nil
}
