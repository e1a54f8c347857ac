package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// The key pair that both servers are given.
const (
	apiKey    = "devkey"
	apiSecret = "easel-dev-secret-easel-dev-secret-00"
)

// peer is a server to be measured.
type peer struct {
	name string
	// command is how it runs on an address, with dir for its files.
	command func(address, dir string) (args, env []string, err error)
	port    int // of HTTP and WebSocket
	metrics int // port of /metrics
}

// The ports of the servers; media is on one UDP port.
const (
	httpPort, metricsPort, udpPort = 17980, 17989, 17982
)

// easelPeer runs Easel without ICE-TCP.
func easelPeer(path string) peer {
	return peer{name: "easel", port: httpPort, metrics: httpPort, command: func(address, dir string) (args, env []string, err error) {
		keys, err := json.Marshal(map[string]string{"key": apiKey, "secret": apiSecret})
		if err != nil {
			return nil, nil, err
		}
		if err := os.WriteFile(filepath.Join(dir, "livekit-key.json"), keys, 0o600); err != nil {
			return nil, nil, err
		}
		return []string{path, "serve"}, []string{
			fmt.Sprintf("EASEL_ADDR=%s:%d", address, httpPort),
			fmt.Sprintf("EASEL_UDP_PORT=%d", udpPort),
			"EASEL_TCP_PORT=0",
			"EASEL_DATA=" + dir,
			"EASEL_LOG_LEVEL=warn",
		}, nil
	}}
}

// livekitPeer runs livekit-server on its defaults but for what makes it equal:
// one UDP port, no ICE-TCP, no TURN, no Redis, the one address.
func livekitPeer(path string) peer {
	return peer{name: "livekit-server", port: httpPort, metrics: metricsPort, command: func(address, dir string) (args, env []string, err error) {
		config := filepath.Join(dir, "livekit.yaml")
		text := fmt.Sprintf(`port: %d
bind_addresses: [%q]
prometheus: {port: %d}
logging: {level: error}
rtc:
  udp_port: %d
  tcp_port: 0
  node_ip: %s
  use_external_ip: false
  enable_loopback_candidate: true
  ips: {includes: [%s/32]}
keys: {%s: %s}
`, httpPort, address, metricsPort, udpPort, address, address, apiKey, apiSecret)
		if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
			return nil, nil, err
		}
		return []string{path, "--config", config}, nil, nil
	}}
}
