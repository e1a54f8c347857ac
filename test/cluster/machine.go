package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The one machine of the cluster that runs pods, and its addresses: networks that
// RFC 2544 sets aside for tests. The test's end of the cable is where the machine
// finds the API server and names.
const (
	machineName = "easel-machine"
	testIP      = "198.19.0.1"
	machineIP   = "198.19.0.2"
	cableNet    = "/30"
	podNet      = "198.19.1.0/24"
	apiPort     = 6443
)

// onMachine is the taint and the label of the machine: what the other tests start
// stays with kwok's.
const onMachine = "easel.live/real"

// Machine is a computer in namespaces of its own (processes, mounts, network):
// containerd, a kubelet and its proxy, and whatever they start. One signal ends
// all of it, and its mounts, its network and its firewall's rules go with it.
type Machine struct {
	cluster *Cluster
	dir     string // its disk
	socket  string // of containerd
	process *process
	cable   *cable
	unlock  func()
}

// ErrNoMachine says that this computer cannot run pods, and why.
var ErrNoMachine = errors.New("no pods can run here")

// AddMachine adds the machine to the cluster and waits until it is ready.
func (c *Cluster) AddMachine(ctx context.Context) (*Machine, error) {
	if err := able(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoMachine, err)
	}
	m := &Machine{cluster: c, dir: c.path("machine")}
	m.socket = filepath.Join(m.dir, "containerd.sock")
	var err error
	if m.unlock, err = lock(filepath.Join(os.TempDir(), machineName+".lock")); err != nil { // its addresses are this computer's
		return nil, err
	}
	if err := m.bringUp(ctx); err != nil {
		err = fmt.Errorf("%w%s", err, m.process.tail())
		m.Remove()
		return nil, err
	}
	return m, nil
}

func (m *Machine) bringUp(ctx context.Context) error {
	err := errors.Join(os.Mkdir(m.dir, 0o755), m.configure(), makeGroups())
	if err != nil {
		return err
	}
	if err := m.switchOn(); err != nil {
		return err
	}
	if m.cable, err = plug(m.process.cmd.Process.Pid, m.cluster.config.Host, m.cluster.client); err != nil {
		return err
	}
	return errors.Join(m.publish(ctx), m.join(ctx))
}

// publish has the service "kubernetes", which pods find the API server by, lead
// to the other end of the cable.
func (m *Machine) publish(ctx context.Context) error {
	const name = "kubernetes"
	_, err := m.cluster.client.DiscoveryV1().EndpointSlices("default").Create(ctx, &discoveryv1.EndpointSlice{
		ObjectMeta:  metav1.ObjectMeta{Name: name, Labels: map[string]string{discoveryv1.LabelServiceName: name}},
		AddressType: discoveryv1.AddressTypeIPv4,
		Endpoints:   []discoveryv1.Endpoint{{Addresses: []string{testIP}}},
		Ports:       []discoveryv1.EndpointPort{{Name: new("https"), Port: new(int32(apiPort))}},
	}, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		return nil // an earlier machine's, at the same address
	}
	return err
}

// able says why this computer cannot be one that runs pods.
func able() error {
	if os.Geteuid() != 0 {
		return errors.New("it takes root")
	}
	for _, name := range []string{"containerd", "ctr", "runc", "buildah", "debootstrap", "ip", "iptables", "nft", "conntrack", "/usr/lib/cni/bridge"} {
		if _, err := exec.LookPath(name); err != nil {
			return fmt.Errorf("%w: scripts/deps.sh cluster installs it", err)
		}
	}
	_, err := groups()
	return err
}

// machineEnv tells this binary to be the machine's first process, and what it
// needs.
const machineEnv = "EASEL_TEST_MACHINE"

// computer is what the machine's first process is told.
type computer struct {
	Dir, Bin string
	Others   map[string]string // the namespaces of the test, by kind, which it must not be in
}

// switchOn starts the machine's first process: this binary again.
func (m *Machine) switchOn() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	c := computer{Dir: m.dir, Bin: m.cluster.bin, Others: make(map[string]string)}
	for _, kind := range []string{"mnt", "net", "ipc", "uts"} {
		if c.Others[kind], err = os.Readlink("/proc/self/ns/" + kind); err != nil {
			return err
		}
	}
	role, err := json.Marshal(c)
	if err != nil {
		return err
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), machineEnv+"="+string(role))
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWPID | syscall.CLONE_NEWNS | syscall.CLONE_NEWNET | syscall.CLONE_NEWIPC | syscall.CLONE_NEWUTS,
	}
	if m.process, err = start(m.dir, "machine", cmd); err == nil {
		m.cluster.running = append(m.cluster.running, m.process)
	}
	return err
}

// join waits until the kubelet has made the machine known and ready.
func (m *Machine) join(ctx context.Context) error {
	return m.cluster.until(ctx, "the machine", func(ctx context.Context) error {
		n, err := m.cluster.client.CoreV1().Nodes().Get(ctx, machineName, metav1.GetOptions{})
		if err != nil {
			return err
		}
		if !nodeReady(n) {
			return fmt.Errorf("it is not ready: %v", condition(n, corev1.NodeReady))
		}
		return nil
	})
}

func condition(n *corev1.Node, kind corev1.NodeConditionType) string {
	for _, c := range n.Status.Conditions {
		if c.Type == kind {
			return c.Message
		}
	}
	return "nothing is known"
}

// Remove takes the machine's power, and what is left of it in the kernel and on
// the disk. It is to be called once.
func (m *Machine) Remove() {
	if m.process != nil {
		m.cluster.running = slices.DeleteFunc(m.cluster.running, func(p *process) bool { return p == m.process })
		_ = m.process.cmd.Process.Kill() // it may have ended
		<-m.process.done
	}
	m.cable.pull()
	removeGroups()
	_ = os.RemoveAll(m.dir) // what stays is in the cluster's folder
	m.unlock()
}
