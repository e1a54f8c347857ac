package cluster

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"k8s.io/client-go/rest"
)

// configure writes what containerd, the kubelet and its proxy are to read.
func (m *Machine) configure() error {
	known := strings.NewReplacer(
		"DIR", m.dir, "TEST_IP", testIP, "MACHINE_IP", machineIP, "MACHINE", machineName,
		"POD_NET", podNet, "GROUP", groupRoot, "TAINT", onMachine, "PAUSE", pauseImage,
	)
	if err := os.Mkdir(filepath.Join(m.dir, "net.d"), 0o755); err != nil {
		return err
	}
	var errs []error
	for name, text := range map[string]string{
		"containerd.toml": containerdConfig, "kubelet.yaml": kubeletConfig, "proxy.yaml": proxyConfig,
		"net.d/pods.conflist": networkConfig, "resolv.conf": "nameserver TEST_IP\n",
	} {
		errs = append(errs, os.WriteFile(filepath.Join(m.dir, name), []byte(known.Replace(text)), 0o644))
	}
	// Its certificate is good for the name, not for the address the machine knows.
	api := &rest.Config{Host: fmt.Sprintf("https://%s:%d", testIP, apiPort), BearerToken: m.cluster.config.BearerToken,
		TLSClientConfig: rest.TLSClientConfig{CAFile: m.cluster.config.CAFile, ServerName: "kubernetes.default.svc"}}
	return errors.Join(append(errs, writeKubeconfig(filepath.Join(m.dir, "kubeconfig"), api))...)
}

const containerdConfig = `version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
imports = []
[grpc]
  address = "DIR/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "PAUSE"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "DIR/net.d"
`

// The pods are in one network with a bridge, as on any small cluster, and a pod's
// hostPort is forwarded from the machine's address.
const networkConfig = `{"cniVersion": "1.0.0", "name": "pods", "plugins": [
  {"type": "bridge", "bridge": "pods", "isGateway": true, "hairpinMode": true,
   "ipam": {"type": "host-local", "ranges": [[{"subnet": "POD_NET"}]], "routes": [{"dst": "0.0.0.0/0"}], "dataDir": "/run/cni"}},
  {"type": "portmap", "capabilities": {"portMappings": true}, "snat": true}
]}`

// Whoever reaches the kubelet is this computer: nothing else is on the cable.
const kubeletConfig = `apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: MACHINE_IP
containerRuntimeEndpoint: unix://DIR/containerd.sock
failCgroupV1: false
failSwapOn: false
cgroupDriver: cgroupfs
cgroupRoot: /GROUP
oomScoreAdj: 0
authentication: {anonymous: {enabled: true}, webhook: {enabled: false}}
authorization: {mode: AlwaysAllow}
clusterDNS: [TEST_IP]
clusterDomain: cluster.local
resolvConf: DIR/resolv.conf
registerWithTaints: [{key: TAINT, value: "yes", effect: NoSchedule}]
nodeStatusUpdateFrequency: 4s
evictionHard: {memory.available: 50Mi, nodefs.available: 1%, imagefs.available: 1%, nodefs.inodesFree: 1%}
imageGCHighThresholdPercent: 100
`

// Connection tracking's sizes are the computer's: it is not to set them.
const proxyConfig = `apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: nftables
hostnameOverride: MACHINE
clusterCIDR: POD_NET
clientConnection: {kubeconfig: DIR/kubeconfig}
healthzBindAddress: 127.0.0.1:10256
metricsBindAddress: 127.0.0.1:10249
conntrack: {maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
`
