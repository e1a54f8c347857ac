package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// road is the network between server and load.
type road struct {
	link       string
	address    string   // of the server
	serverSide []string // command prefix that puts a process at the server's end
	loadSide   []string
	namespaces []string // to remove
}

// openRoad makes the network of a -link to a load on loadCPU, a taskset list.
func openRoad(ctx context.Context, link, loadCPU string) (*road, error) {
	switch link {
	case "loopback":
		return &road{link: link, address: "127.0.0.1"}, nil
	case "veth":
		return openVeth(ctx, loadCPU)
	}
	return nil, fmt.Errorf("link %q: want loopback or veth", link)
}

// openVeth joins two new namespaces by a veth pair. Both ends take one segment
// at a time (gso_max_segs), which switches segmentation offload off: the kernel
// cuts a batch up before it leaves the server, as for a card without offload.
// What the load's end receives is handed to the load's cores (receive packet
// steering): otherwise the sender's core would do the receivers' part as well,
// as it does on loopback.
func openVeth(ctx context.Context, loadCPU string) (*road, error) {
	cores, err := mask(loadCPU)
	if err != nil {
		return nil, err
	}
	const serverIP, loadIP = "10.213.0.1", "10.213.0.2"
	server, load := fmt.Sprintf("easel-s-%d", os.Getpid()), fmt.Sprintf("easel-l-%d", os.Getpid())
	r := &road{
		link:       "veth",
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
	steer := exec.CommandContext(ctx, "ip", "netns", "exec", load, "tee", "/sys/class/net/veth0/queues/rx-0/rps_cpus")
	steer.Stdin = strings.NewReader(cores)
	if out, err := steer.CombinedOutput(); err != nil {
		return nil, errors.Join(fmt.Errorf("packet steering: %w: %s", err, out), r.close())
	}
	return r, nil
}

// mask is a taskset list of cores, as receive packet steering wants it.
func mask(cores string) (string, error) {
	var bits uint64
	for _, part := range strings.Split(cores, ",") {
		from, to, isRange := strings.Cut(part, "-")
		if !isRange {
			to = from
		}
		first, err := strconv.Atoi(from)
		last, errLast := strconv.Atoi(to)
		if err != nil || errLast != nil || first < 0 || last > 31 || first > last {
			return "", fmt.Errorf("cores %q: want a list of cores 0 to 31", cores)
		}
		for core := first; core <= last; core++ {
			bits |= 1 << core
		}
	}
	return strconv.FormatUint(bits, 16), nil
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
