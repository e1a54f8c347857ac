package cluster

import (
	"fmt"
	"net"
	"net/url"
	"os/exec"
	"strconv"
	"strings"

	"k8s.io/client-go/kubernetes"
)

// The two ends of the cable between this computer and the machine.
const (
	testEnd    = "easel-test"
	machineEnd = "easel-machine"
)

// cable is the way between the machine's network and this computer's loopback
// address, where the API server listens.
type cable struct {
	api   *relay
	names *names
}

// plug lays the cable to the network that a process is in.
func plug(pid int, api string, client kubernetes.Interface) (*cable, error) {
	_ = run("ip", "link", "delete", testEnd) // of a run that was killed
	if err := runAll([][]string{
		{"ip", "link", "add", testEnd, "type", "veth", "peer", "name", machineEnd, "netns", strconv.Itoa(pid)},
		{"ip", "address", "add", testIP + cableNet, "dev", testEnd},
		{"ip", "link", "set", testEnd, "up"},
		{"ip", "route", "add", podNet, "via", machineIP},
	}); err != nil {
		return nil, err
	}
	host, err := url.Parse(api)
	if err != nil {
		return nil, err
	}
	c := new(cable)
	if c.api, err = startRelay(net.JoinHostPort(testIP, strconv.Itoa(apiPort)), host.Host); err != nil {
		return nil, err
	}
	if c.names, err = serveNames(client); err != nil {
		c.pull()
		return nil, err
	}
	return c, nil
}

// plugged is what the machine does about its end of the cable.
func plugged() error {
	return runAll([][]string{
		{"ip", "link", "set", "lo", "up"},
		{"ip", "address", "add", machineIP + cableNet, "dev", machineEnd},
		{"ip", "link", "set", machineEnd, "up"},
		{"ip", "route", "add", "default", "via", testIP},
	})
}

func runAll(commands [][]string) error {
	for _, command := range commands {
		if err := run(command...); err != nil {
			return err
		}
	}
	return nil
}

func run(command ...string) error {
	if out, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(command, " "), err, out)
	}
	return nil
}

// pull takes the cable away: its other end went with the machine's network.
func (c *cable) pull() {
	_ = run("ip", "link", "delete", testEnd) // it may have gone with its other end
	if c == nil {
		return
	}
	if c.names != nil {
		c.names.close()
	}
	c.api.close()
}
