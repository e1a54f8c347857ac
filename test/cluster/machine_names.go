package cluster

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"sync"

	"golang.org/x/net/dns/dnsmessage"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// names answers what the machine's pods ask of the cluster's DNS: the names that
// pods of a headless service have. It asks the API for each.
type names struct {
	socket net.PacketConn
	client kubernetes.Interface
	work   sync.WaitGroup
}

func serveNames(client kubernetes.Interface) (*names, error) {
	socket, err := net.ListenPacket("udp", net.JoinHostPort(testIP, "53"))
	if err != nil {
		return nil, err
	}
	n := &names{socket: socket, client: client}
	n.work.Go(n.serve)
	return n, nil
}

func (n *names) close() {
	_ = n.socket.Close()
	n.work.Wait()
}

func (n *names) serve() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for raw := make([]byte, 512); ; {
		size, from, err := n.socket.ReadFrom(raw)
		if err != nil {
			return // closed
		}
		var query dnsmessage.Message
		if query.Unpack(raw[:size]) != nil || len(query.Questions) != 1 {
			continue
		}
		if answer, err := n.answer(ctx, query); err == nil {
			_, _ = n.socket.WriteTo(answer, from) // who got none asks again
		}
	}
}

// answer finds POD.SERVICE.NAMESPACE.svc.cluster.local.
func (n *names) answer(ctx context.Context, query dnsmessage.Message) ([]byte, error) {
	asked := query.Questions[0]
	reply := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: query.ID, Response: true, Authoritative: true, RecursionDesired: query.RecursionDesired, RCode: dnsmessage.RCodeNameError},
		Questions: query.Questions,
	}
	rest, ok := strings.CutSuffix(asked.Name.String(), ".svc.cluster.local.")
	if part := strings.Split(rest, "."); ok && len(part) == 3 {
		pod, err := n.client.CoreV1().Pods(part[2]).Get(ctx, part[0], metav1.GetOptions{})
		if err == nil && pod.Spec.Hostname == part[0] && pod.Spec.Subdomain == part[1] {
			reply.RCode = dnsmessage.RCodeSuccess
			if at, err := netip.ParseAddr(pod.Status.PodIP); err == nil && asked.Type == dnsmessage.TypeA {
				reply.Answers = []dnsmessage.Resource{{
					Header: dnsmessage.ResourceHeader{Name: asked.Name, Class: dnsmessage.ClassINET, TTL: 1},
					Body:   &dnsmessage.AResource{A: at.As4()},
				}}
			}
		}
	}
	return reply.Pack()
}
