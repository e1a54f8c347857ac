package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// road is the network between server and load.
type road struct {
	address    string   // of the server
	serverSide []string // command prefix that puts a process at the server's end
	loadSide   []string
	namespaces []string // to remove
}

// openRoad makes the network of a -link.
func openRoad(ctx context.Context, link string) (*road, error) {
	switch link {
	case "loopback":
		return &road{address: "127.0.0.1"}, nil
	case "veth":
		return openVeth(ctx)
	}
	return nil, fmt.Errorf("link %q: want loopback or veth", link)
}

// openVeth joins two new namespaces by a veth pair. Both ends take one segment
// at a time (gso_max_segs), which switches segmentation offload off: the kernel
// cuts a batch up before it leaves the server, as for a card without offload.
func openVeth(ctx context.Context) (*road, error) {
	const serverIP, loadIP = "10.213.0.1", "10.213.0.2"
	server, load := fmt.Sprintf("easel-s-%d", os.Getpid()), fmt.Sprintf("easel-l-%d", os.Getpid())
	r := &road{
		address:    serverIP,
		serverSide: []string{"ip", "netns", "exec", server},
		loadSide:   []string{"ip", "netns", "exec", load},
	}
	steps := []string{
		"ip netns add " + server,
		"ip netns add " + load,
		"ip -n " + server + " link add veth0 type veth peer name veth0 netns " + load,
	}
	for ns, ip := range map[string]string{server: serverIP, load: loadIP} {
		steps = append(steps,
			"ip -n "+ns+" addr add "+ip+"/30 dev veth0",
			"ip -n "+ns+" link set lo up",
			"ip -n "+ns+" link set veth0 gso_max_segs 1 up",
		)
	}
	for _, step := range steps {
		words := strings.Fields(step)
		if out, err := exec.CommandContext(ctx, words[0], words[1:]...).CombinedOutput(); err != nil {
			failed := fmt.Errorf("%s: %w: %s", step, err, strings.TrimSpace(string(out)))
			return nil, errors.Join(failed, r.close())
		}
		if name, added := strings.CutPrefix(step, "ip netns add "); added {
			r.namespaces = append(r.namespaces, name)
		}
	}
	return r, nil
}

// close removes the namespaces, and with them the pair.
func (r *road) close() error {
	var errs []error
	for _, ns := range r.namespaces {
		if out, err := exec.Command("ip", "netns", "del", ns).CombinedOutput(); err != nil {
			errs = append(errs, fmt.Errorf("remove namespace: %w: %s", err, strings.TrimSpace(string(out))))
		}
	}
	return errors.Join(errs...)
}
