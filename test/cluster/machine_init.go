package cluster

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// beMachine is the machine's first process. It gives the machine folders of its
// own where Kubernetes' parts have fixed ones, starts them, and reaps what they
// leave. Whichever of them ends, ends the machine.
func beMachine(raw string) {
	var c computer
	err := json.Unmarshal([]byte(raw), &c)
	if err == nil {
		err = c.run()
	}
	fmt.Fprintln(os.Stderr, "the machine:", err)
	os.Exit(1)
}

func (c computer) run() error {
	if err := c.apart(); err != nil {
		return err
	}
	if err := errors.Join(c.mounts(), unix.Sethostname([]byte(machineName))); err != nil {
		return err
	}
	if err := c.awaitCable(); err != nil {
		return err
	}
	parts := map[int]string{}
	for _, p := range [][]string{
		{"containerd", "/usr/bin/containerd", "--config", c.path("containerd.toml"), "--log-level", "warn"},
		{"kubelet", filepath.Join(c.Bin, "kubelet"), "--config", c.path("kubelet.yaml"), "--kubeconfig", c.path("kubeconfig"),
			"--node-ip", machineIP, "--hostname-override", machineName, "--node-labels", onMachine + "=yes", "--v", "1"},
		{"proxy", filepath.Join(c.Bin, "proxy"), "--config", c.path("proxy.yaml")},
	} {
		pid, err := c.start(p[0], p[1:])
		if err != nil {
			return err
		}
		parts[pid] = p[0]
		if p[0] == "containerd" {
			if err := await(c.path("containerd.sock"), pid); err != nil {
				return fmt.Errorf("containerd: %w:\n%s", err, c.tail("containerd"))
			}
		}
	}
	for {
		var status unix.WaitStatus
		pid, err := unix.Wait4(-1, &status, 0, nil)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return err
		}
		if name := parts[pid]; name != "" {
			return fmt.Errorf("%s ended (%d, signal %d):\n%s", name, status.ExitStatus(), status.Signal(), c.tail(name))
		}
	}
}

// apart makes sure that no namespace is the test's: what follows would be done to
// this computer.
func (c computer) apart() error {
	if pid := os.Getpid(); pid != 1 {
		return fmt.Errorf("it is process %d and must be the first of its own", pid)
	}
	for kind, theirs := range c.Others {
		if own, err := os.Readlink("/proc/self/ns/" + kind); err != nil || own == theirs {
			return fmt.Errorf("it has no %s namespace of its own: %s: %w", kind, own, err)
		}
	}
	return nil
}

func (c computer) path(name string) string { return filepath.Join(c.Dir, name) }

// start starts a program with its output in a file.
func (c computer) start(name string, argv []string) (int, error) {
	log, err := os.Create(c.path(name + ".log"))
	if err != nil {
		return 0, err
	}
	defer log.Close()
	p, err := os.StartProcess(argv[0], argv, &os.ProcAttr{Dir: "/", Env: os.Environ(), Files: []*os.File{nil, log, log}})
	if err != nil {
		return 0, fmt.Errorf("%s: %w", name, err)
	}
	return p.Pid, nil
}

func (c computer) tail(name string) string {
	raw, err := os.ReadFile(c.path(name + ".log"))
	if err != nil {
		return err.Error()
	}
	return string(raw[max(0, len(raw)-2000):])
}

// tunables are the kernel's settings that a kubelet writes and that belong to the
// whole computer: it writes them to files of its own.
var tunables = map[string]string{
	"vm/overcommit_memory": "1", "vm/panic_on_oom": "0", "kernel/panic": "10", "kernel/panic_on_oops": "1",
	"kernel/keys/root_maxkeys": "1000000", "kernel/keys/root_maxbytes": "25000000",
}

// mounts makes what the machine's processes see of the file system.
func (c computer) mounts() error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("mounts of its own: %w", err)
	}
	lib := c.path("lib")
	if err := os.MkdirAll(lib, 0o755); err != nil {
		return err
	}
	for _, m := range [][3]string{{"proc", "/proc", "proc"}, {"tmpfs", "/run", "tmpfs"}, {"tmpfs", "/var/log", "tmpfs"}} {
		if err := unix.Mount(m[0], m[1], m[2], 0, ""); err != nil {
			return fmt.Errorf("mounting %s: %w", m[1], err)
		}
	}
	if err := unix.Mount(lib, "/var/lib", "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("mounting /var/lib: %w", err)
	}
	for name, value := range tunables {
		knob := "/proc/sys/" + name
		if _, err := os.Stat(knob); err != nil {
			continue // this kernel has none
		}
		file := c.path("tunable-" + strings.ReplaceAll(name, "/", "-"))
		err := errors.Join(os.WriteFile(file, []byte(value+"\n"), 0o644), unix.Mount(file, knob, "", unix.MS_BIND, ""))
		if err != nil {
			return fmt.Errorf("mounting %s: %w", knob, err)
		}
	}
	return nil
}

// awaitCable waits until the other end of the cable was plugged in.
func (c computer) awaitCable() error {
	for deadline := time.Now().Add(startWithin); ; time.Sleep(20 * time.Millisecond) {
		if _, err := net.InterfaceByName(machineEnd); err == nil {
			return plugged()
		}
		if time.Now().After(deadline) {
			return errors.New("nobody plugged the cable in")
		}
	}
}

// await waits for a socket that a process is to listen at.
func await(socket string, pid int) error {
	for deadline := time.Now().Add(startWithin); ; time.Sleep(20 * time.Millisecond) {
		conn, err := net.Dial("unix", socket)
		if err == nil {
			return conn.Close()
		}
		if ended, _ := unix.Wait4(pid, nil, unix.WNOHANG, nil); ended == pid {
			return errors.New("it ended")
		}
		if time.Now().After(deadline) {
			return err
		}
	}
}
