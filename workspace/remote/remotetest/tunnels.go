// Package remotetest brings workspaces within reach of a test, without a
// network and without an agent.
package remotetest

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"testing"

	"github.com/easel-live/easel/workspace"
	"github.com/easel-live/easel/workspace/cloud"
	"github.com/easel-live/easel/workspace/remote"
)

// Tunnels are a remote.Client's way to what the test has put there.
type Tunnels struct {
	t       testing.TB
	ctx     context.Context
	streams sync.WaitGroup

	mu    sync.Mutex
	rooms map[string]func(ctx context.Context, stream net.Conn)
}

// New makes tunnels that lead nowhere yet. Everything ends with the test.
func New(t testing.TB) *Tunnels {
	ctx, cancel := context.WithCancel(context.Background())
	p := &Tunnels{t: t, ctx: ctx, rooms: make(map[string]func(context.Context, net.Conn))}
	t.Cleanup(func() {
		cancel()
		p.streams.Wait()
	})
	return p
}

// Client reaches through the tunnels.
func (p *Tunnels) Client() *remote.Client {
	client := remote.NewClient(p)
	p.t.Cleanup(client.Close)
	return client
}

// Put lets serve answer for a room.
func (p *Tunnels) Put(room string, serve func(ctx context.Context, stream net.Conn)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rooms[room] = serve
}

// Folder makes a workspace for a room, to which storage can be connected, and
// returns its folder.
func (p *Tunnels) Folder(room string, quota int64) string {
	p.t.Helper()
	dir := p.t.TempDir()
	work, err := workspace.Open(workspace.Config{Dir: dir, Quota: quota})
	if err != nil {
		p.t.Fatal(err)
	}
	syncer := cloud.New(cloud.Config{Files: work, Dir: dir, Log: slog.New(slog.DiscardHandler)})
	server := remote.NewServer(work, nil, syncer)
	done := make(chan error, 1)
	go func() {
		var syncing sync.WaitGroup
		syncing.Go(func() { syncer.Run(p.ctx) })
		err := server.Run(p.ctx)
		syncing.Wait()
		done <- err
	}()
	p.t.Cleanup(func() { // before p.ctx ends
		p.streams.Go(func() {
			if err := errors.Join(<-done, work.Close()); err != nil {
				p.t.Error(err)
			}
		})
	})
	p.Put(room, server.Serve)
	return dir
}

var errDown = errors.New("there is no tunnel")

// Open implements remote.Tunnels.
func (p *Tunnels) Open(_ context.Context, room, service string) (net.Conn, error) {
	p.mu.Lock()
	serve := p.rooms[room]
	p.mu.Unlock()
	if serve == nil || service != remote.Service || p.ctx.Err() != nil {
		return nil, errDown
	}
	here, there := net.Pipe()
	p.streams.Go(func() {
		defer there.Close()
		serve(p.ctx, there)
	})
	return here, nil
}
