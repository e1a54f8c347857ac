package relay

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"
)

const (
	// maxPacket is the largest packet relayed, in bytes.
	maxPacket = 2048
	// maxFlows bounds the client addresses of a relay's life; packets from
	// others are dropped.
	maxFlows = 1024
	// maxHeld bounds the packets on their way through a relay.
	maxHeld = 1 << 16
	// socketBuffer of each socket in bytes: bursts are the links' to drop.
	socketBuffer = 1 << 20
)

// Options of a relay.
type Options struct {
	Server netip.AddrPort // where the packets go
	Listen netip.AddrPort // port 0: any
	Up     Conditions     // client to server
	Down   Conditions     // server to client
	Seed   uint64
}

// Relay passes packets between clients and one server.
type Relay struct {
	opts   Options
	began  time.Time
	socket *net.UDPConn // to the clients
	wake   chan struct{}
	ended  chan struct{}
	done   sync.WaitGroup

	mu      sync.Mutex // guards what follows and the links
	flows   map[netip.AddrPort]*flow
	coming  schedule
	dropped uint64
}

// flow is one client's line.
type flow struct {
	up, down *Link
	socket   *net.UDPConn // to the server
}

// Listen starts a relay.
func Listen(opts Options) (*Relay, error) {
	if err := errors.Join(opts.Up.Check(), opts.Down.Check()); err != nil {
		return nil, err
	}
	socket, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(opts.Listen))
	if err != nil {
		return nil, fmt.Errorf("relay: %w", err)
	}
	if err := roomy(socket); err != nil {
		return nil, errors.Join(err, socket.Close())
	}
	r := &Relay{
		opts: opts, began: time.Now(), socket: socket,
		wake: make(chan struct{}, 1), ended: make(chan struct{}),
		flows: make(map[netip.AddrPort]*flow),
	}
	r.done.Go(r.readClients)
	r.done.Go(r.deliver)
	return r, nil
}

func roomy(c *net.UDPConn) error {
	if err := errors.Join(c.SetReadBuffer(socketBuffer), c.SetWriteBuffer(socketBuffer)); err != nil {
		return fmt.Errorf("relay: %w", err)
	}
	return nil
}

// Addr is where clients send to instead of the server.
func (r *Relay) Addr() netip.AddrPort {
	return unmapped(r.socket.LocalAddr().(*net.UDPAddr).AddrPort())
}

// Change replaces the conditions of all lines, those to come included.
func (r *Relay) Change(up, down Conditions) error {
	if err := errors.Join(up.Check(), down.Check()); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.opts.Up, r.opts.Down = up, down
	for _, f := range r.flows {
		f.up.Change(up)
		f.down.Change(down)
	}
	return nil
}

// Verdict sums up what became of all clients' packets, to the server and back.
func (r *Relay) Verdict() (up, down Verdict) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range r.flows {
		up.Add(f.up.Verdict())
		down.Add(f.down.Verdict())
	}
	down.Dropped += r.dropped
	return up, down
}

// Add sums two verdicts up in the first.
func (v *Verdict) Add(o Verdict) {
	v.Passed += o.Passed
	v.Lost += o.Lost
	v.Queued += o.Queued
	v.Outage += o.Outage
	v.Dropped += o.Dropped
}

// Close drops what is on its way and waits until nothing of the relay runs.
func (r *Relay) Close() error {
	close(r.ended)
	err := r.socket.Close()
	r.mu.Lock()
	for _, f := range r.flows {
		err = errors.Join(err, f.socket.Close())
	}
	r.mu.Unlock()
	r.done.Wait()
	return err
}

func (r *Relay) readClients() {
	packet := make([]byte, maxPacket)
	for {
		n, from, err := r.socket.ReadFromUDPAddrPort(packet)
		if err != nil {
			if r.over() {
				return
			}
			continue // a client's port was closed: ICMP, not our end
		}
		f, err := r.flow(from)
		if err != nil {
			r.drop()
			continue
		}
		r.pass(f.up, packet[:n], f.toServer)
	}
}

func (r *Relay) over() bool {
	select {
	case <-r.ended:
		return true
	default:
		return false
	}
}

func (r *Relay) drop() {
	r.mu.Lock()
	r.dropped++
	r.mu.Unlock()
}

var errFlow = errors.New("relay: no more flows")

// flow finds or begins the line of a client.
func (r *Relay) flow(client netip.AddrPort) (*flow, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if f, ok := r.flows[client]; ok {
		return f, nil
	}
	if len(r.flows) >= maxFlows || r.over() {
		return nil, errFlow
	}
	socket, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(r.opts.Server))
	if err != nil {
		return nil, fmt.Errorf("relay: %w", err)
	}
	if err := roomy(socket); err != nil {
		return nil, errors.Join(err, socket.Close())
	}
	seed := r.opts.Seed + 2*uint64(len(r.flows))
	f := &flow{up: NewLink(r.opts.Up, seed), down: NewLink(r.opts.Down, seed+1), socket: socket}
	r.flows[client] = f
	toClient := func(p []byte) error {
		_, err := r.socket.WriteToUDPAddrPort(p, client)
		return err
	}
	r.done.Go(func() { r.readServer(f, toClient) })
	return f, nil
}

func (f *flow) toServer(p []byte) error {
	_, err := f.socket.Write(p)
	return err
}

func (r *Relay) readServer(f *flow, toClient func([]byte) error) {
	packet := make([]byte, maxPacket)
	for {
		n, err := f.socket.Read(packet)
		if err != nil {
			if r.over() {
				return
			}
			continue // the server's port is closed just now: ICMP
		}
		r.pass(f.down, packet[:n], toClient)
	}
}

// pass lets a link decide about a packet and keeps a copy until its time.
func (r *Relay) pass(l *Link, packet []byte, send func([]byte) error) {
	r.mu.Lock()
	at, ok := l.Send(time.Since(r.began), len(packet))
	if ok && r.coming.queue.Len() >= maxHeld {
		r.dropped++
		ok = false
	}
	if ok {
		r.coming.add(at, bytes.Clone(packet), send)
	}
	r.mu.Unlock()
	if !ok {
		return
	}
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// deliver sends packets when their time has come.
func (r *Relay) deliver() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		r.mu.Lock()
		d, wait, ok := r.coming.due(time.Since(r.began))
		r.mu.Unlock()
		if ok {
			if d.send(d.packet) != nil {
				r.drop()
			}
			continue
		}
		if wait < 0 {
			wait = time.Hour
		}
		timer.Reset(wait)
		select {
		case <-r.ended:
			return
		case <-r.wake:
		case <-timer.C:
		}
	}
}

func unmapped(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}
