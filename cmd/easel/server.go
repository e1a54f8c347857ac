package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/easel-live/easel/account"
	"github.com/easel-live/easel/account/billing"
	"github.com/easel-live/easel/account/meter"
	"github.com/easel-live/easel/account/remotes"
	"github.com/easel-live/easel/account/store"
	"github.com/easel-live/easel/api"
	"github.com/easel-live/easel/client"
	"github.com/easel-live/easel/fallback"
	"github.com/easel-live/easel/internal/https"
	"github.com/easel-live/easel/session"
	"github.com/easel-live/easel/sfu"
	"github.com/easel-live/easel/signaling"
	"github.com/easel-live/easel/signaling/token"
	"github.com/easel-live/easel/signaling/webhook"
	"github.com/easel-live/easel/tunnel"
	files "github.com/easel-live/easel/workspace/remote"
)

const (
	// agentTTL is how long an agent's token is valid: an agent comes back with
	// the token that it was started with.
	agentTTL = 30 * 24 * time.Hour
	// personTTL is how long a person's token opens the room; who is in it gets
	// fresh ones.
	personTTL = time.Hour
	// keepSessions is how many sessions that are over can still be looked up.
	keepSessions = 100
	// The first size of a display; the browser's window soon sets another.
	firstWidth, firstHeight = 1280, 800
)

// server is everything that runs, in the order it was started.
type server struct {
	metrics    *prometheus.Registry
	engine     *sfu.Engine
	relay      *relay
	signaling  *signaling.Server
	tunnels    *tunnel.Hub
	gateway    *fallback.Gateway
	files      *files.Client
	sessions   *session.Service
	scribe     *scribe
	store      *store.Store
	accounts   *account.Service
	accountant *account.Accountant
	meter      *meter.Meter
	billing    *billing.Biller    // nil: nobody is told
	tidying    sync.WaitGroup     // the dropping of what is over from the store
	untidy     context.CancelFunc // ends it
	remotes    *remotes.Service
	syncing    sync.WaitGroup     // the telling of agents what storage is connected
	unsync     context.CancelFunc // ends it
	api        *api.API

	leave    func()             // lets go of sessions that go on without the server; nil: they end with it
	ready    atomic.Bool        // for /readyz
	watching sync.WaitGroup     // the closing of rooms whose session is over
	unwatch  context.CancelFunc // ends it
}

func newServer(ctx context.Context, cfg config, log *slog.Logger) (*server, error) {
	s := &server{metrics: prometheus.NewRegistry()}
	s.metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))

	launcher, leave, err := openLauncher(cfg, s.metrics, log)
	if err != nil {
		return nil, err
	}
	s.leave = leave
	if s.scribe, err = newScribe(cfg.dir, log); err != nil {
		return nil, err
	}
	if s.engine, err = sfu.NewEngine(sfu.Config{UDP: cfg.udp, TCP: cfg.tcp, ExternalIPs: cfg.reach.external, Log: log, Metrics: s.metrics}); err != nil {
		return nil, errors.Join(fmt.Errorf("media: %w; EASEL_UDP_PORT chooses another port", err), s.scribe.close())
	}
	if s.relay, err = openRelay(cfg, s.engine.UDPAddr(), s.metrics, log); err != nil {
		return nil, errors.Join(err, s.engine.Close(), s.scribe.close())
	}
	watch := newObserver(s.metrics, s.scribe)
	s.signaling, err = signaling.NewServer(signaling.Config{
		Keys: token.Keys{cfg.keys.Key: cfg.keys.Secret}, Engine: s.engine, Observer: watch, Log: log, Metrics: s.metrics,
		Webhooks: cfg.webhooks, Admit: s.scribe.admit, Recall: s.scribe.recall, ICEServers: s.relay.servers,
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("signaling: %w", err), s.relay.close(), s.engine.Close(), s.scribe.close())
	}
	if err := s.openFallback(cfg, log); err != nil {
		s.signaling.Close()
		return nil, errors.Join(err, s.relay.close(), s.engine.Close(), s.scribe.close())
	}
	s.sessions = session.NewService(session.Config{
		Launcher: launcher, Bounds: cfg.launch.bounds(), Max: cfg.max, Keep: keepSessions, Notify: s.signaling.Notice, Now: time.Now, Log: log,
	})
	watch.sessions = s.sessions
	s.scribe.owner = func(id string) string {
		one, err := s.sessions.Find(id)
		if err != nil {
			return "" // gone meanwhile, and with it who was in it
		}
		return one.Owner
	}
	s.closeRooms()
	if err := s.openDoor(ctx, cfg, log); err != nil {
		return nil, errors.Join(err, s.close(ctx))
	}
	if err := s.adopt(ctx); err != nil {
		return nil, errors.Join(err, s.close(ctx))
	}
	s.meter = meter.Start(meter.Config{Accounts: s.accountant, Sessions: s.sessions, Notify: s.signaling.Notice, Now: time.Now, Log: log})
	s.bill(cfg, log)
	return s, nil
}

// billWithin bounds an attempt at telling of usage.
const billWithin = 10 * time.Second

// bill tells whoever bills what everybody used, if somebody does.
func (s *server) bill(cfg config, log *slog.Logger) {
	if cfg.billing == "" {
		return
	}
	signer, client := webhook.Signer{Key: cfg.keys.Key, Secret: cfg.keys.Secret}, webhook.NewClient(billWithin)
	s.billing = billing.Start(billing.Config{
		Outbox: s.store, Now: time.Now, Log: log,
		Post: func(ctx context.Context, body []byte) error { return signer.Post(ctx, client, cfg.billing, body) },
	})
}

// closeRooms closes the room of each session that is over, from now on.
func (s *server) closeRooms() {
	ctx, cancel := context.WithCancel(context.Background())
	s.unwatch = cancel
	changes := s.sessions.WatchAll(ctx)
	s.watching.Go(func() { s.sessions.Tend(ctx) })
	s.watching.Go(func() {
		for one := range changes {
			if !one.Alive() {
				s.signaling.CloseRoom(one.Room)
				s.scribe.forget(one.ID)
			}
		}
	})
}

// openDoor makes what people and programs come in by.
func (s *server) openDoor(ctx context.Context, cfg config, log *slog.Logger) error {
	var err error
	if s.store, err = store.Open(ctx, cfg.database); err != nil {
		return err
	}
	s.accounts = account.NewService(s.store, log)
	s.accountant = account.NewAccountant(s.store, cfg.plans)
	s.tidy(cfg.backups, log)
	if err := s.openRemotes(cfg, log); err != nil {
		return err
	}
	web, err := client.Dist()
	if err != nil {
		return err
	}
	var backups api.Backups
	if cfg.restores != nil {
		backups = cfg.restores
	}
	s.api = api.New(api.Config{
		Backups:  backups,
		Sessions: s.sessions, Accounts: s.accounts, Accountant: s.accountant, Teams: account.NewTeams(s.store), Provider: cfg.provider, Guests: s.scribe.guests, Rooms: s.signaling, Files: s.files, Remotes: s.remotes, Web: web, URL: cfg.reach.url, Now: time.Now, Log: log,
		Token: func(g api.TokenGrant) (string, error) {
			return token.Mint(cfg.keys.Key, cfg.keys.Secret, token.Grant{Room: g.Room, Identity: g.Identity, Person: g.Person, Name: g.Name, Role: g.Role, TTL: personTTL})
		},
		Record: s.scribe.note, Timeline: s.scribe.book.Entries,
	})
	return nil
}

// tidyEvery is how often what is over is dropped from the store.
const tidyEvery = time.Hour

// tidy drops what is over from the store now and then, and takes backups.
func (s *server) tidy(backups *backupSchedule, log *slog.Logger) {
	ctx, cancel := context.WithCancel(context.Background())
	s.untidy = cancel
	if backups != nil {
		s.tidying.Go(func() { backups.run(ctx, log) })
	}
	s.tidying.Go(func() {
		tick := time.NewTicker(tidyEvery)
		defer tick.Stop()
		for {
			if err := s.accounts.Tidy(ctx, time.Now()); err != nil && ctx.Err() == nil {
				log.Error("the store was not tidied", "error", err)
			}
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	})
}

// closeStore ends what works on the store, and the store.
func (s *server) closeStore() error {
	if s.store == nil {
		return nil
	}
	s.untidy()
	s.tidying.Wait()
	if s.unsync != nil {
		s.unsync()
		s.syncing.Wait()
	}
	return s.store.Close()
}

// routes is everything the server answers.
func (s *server) routes(r reach) http.Handler {
	rooms := http.NewServeMux()
	s.signaling.Mount(rooms)
	rooms.Handle("GET "+fallback.Path, s.gateway)
	fromPages := https.Origins(r.origins, rooms)
	mux := http.NewServeMux()
	for _, path := range []string{"/rtc", "/rtc/", "/twirp/", fallback.Path} {
		mux.Handle(path, fromPages)
	}
	mux.Handle("GET "+tunnel.Path, s.tunnels)
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.metrics, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if !s.ready.Load() {
			http.Error(w, "starting or stopping", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	mux.Handle("/", s.api.Handler())
	return https.Behind(r.proxies, mux)
}

// endSessions ends the sessions, or lets go of those that need no server.
func (s *server) endSessions(ctx context.Context) error {
	if s.leave == nil {
		return s.sessions.Close(ctx)
	}
	s.sessions.Leave()
	s.leave()
	return nil
}

// close shuts down in reverse: sessions end while their rooms can still tell
// people, then the rooms, then the sockets.
func (s *server) close(ctx context.Context) error {
	err := s.endSessions(ctx)
	if s.meter != nil {
		s.meter.Close()
	}
	if s.billing != nil {
		s.billing.Close()
	}
	s.unwatch()
	s.watching.Wait()
	s.signaling.Close()
	s.gateway.Close()
	s.files.Close()
	s.tunnels.Close()
	return errors.Join(err, s.relay.close(), s.engine.Close(), s.scribe.close(), s.closeStore())
}
