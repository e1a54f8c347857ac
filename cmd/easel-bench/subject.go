package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/easel-live/easel/bench/browser"
	"github.com/easel-live/easel/bench/instance"
	"github.com/easel-live/easel/bench/machine"
)

var errSize = errors.New("want WIDTHxHEIGHT in pixels, 320x240 to 7680x4320")

// subjectFlags say what is measured: by default a server of the bench's own.
type subjectFlags struct {
	Size    string `default:"1280x800" help:"Size of the page in the browser."`
	Easel   string `help:"The easel binary. Default: beside this one." type:"path"`
	Session string `help:"Measure this session of the machine's running server instead." placeholder:"ID"`
	URL     string `help:"Measure the session that this link opens instead; needs --display." placeholder:"LINK"`
	Display string `help:"X display of the session opened by --url, such as :12."`
	Logs    string `help:"Write the server's log to this file." type:"path"`
	Shot    string `help:"Write a screenshot of the page to this PNG file at the end." type:"path"`
	JSON    bool   `help:"Print one JSON object."`
}

// subject is the product under measurement, opened in a browser.
type subject struct {
	browser *browser.Browser
	picture browser.Picture
	display string
	session string // its ID; empty: opened by --url
	room    string
	server  *instance.Instance // nil: not ours
	machine machine.Machine
	floor   []float64
	closers []func() error
}

// pictureWithin is how long a session's page may take to show the picture.
const pictureWithin = 60 * time.Second

// open starts what has to be started, in order: browser and its floor on a quiet
// machine first, then server and session, then the page, held to a way unless
// that is empty.
func (f subjectFlags) open(ctx context.Context, floor int, way string) (_ *subject, err error) {
	s := &subject{}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	var width, height int
	if _, err := fmt.Sscanf(f.Size, "%dx%d", &width, &height); err != nil ||
		width < 320 || height < 240 || width > 7680 || height > 4320 {
		return nil, fmt.Errorf("--size %s: %w", f.Size, errSize)
	}
	if s.machine, err = machine.Describe(); err != nil {
		return nil, err
	}
	if s.machine.IdleBefore, err = idleDuring(ctx, func() error { return rest(ctx, time.Second) }); err != nil {
		return nil, err
	}
	if s.browser, err = browser.Start(ctx, browser.Options{Width: width, Height: height, Way: way}); err != nil {
		return nil, err
	}
	s.closers = append(s.closers, s.browser.Close)
	if floor > 0 {
		if s.floor, err = s.browser.Floor(floor); err != nil {
			return nil, err
		}
	}
	link, err := f.session(ctx, s)
	if err != nil {
		return nil, err
	}
	if err := s.browser.Open(link); err != nil {
		return nil, err
	}
	wait, cancel := context.WithTimeout(ctx, pictureWithin)
	defer cancel()
	if s.picture, err = s.browser.WaitPicture(wait); err != nil {
		f.shoot(s)
		if way != "" {
			err = fmt.Errorf("by %s: %w", way, err)
		}
		return nil, err
	}
	return s, nil
}

// session finds or starts the session and gives its link.
func (f subjectFlags) session(ctx context.Context, s *subject) (link string, err error) {
	if f.URL != "" {
		s.display = f.Display
		return f.URL, nil
	}
	path := f.Easel
	if path == "" {
		self, err := os.Executable()
		if err != nil {
			return "", err
		}
		path = filepath.Join(filepath.Dir(self), "easel")
	}
	cli := instance.CLI{Path: path}
	var session instance.Session
	if f.Session != "" {
		session, err = cli.Session(ctx, f.Session)
	} else {
		logs := io.Discard
		if f.Logs != "" {
			file, err := os.Create(f.Logs)
			if err != nil {
				return "", err
			}
			s.closers = append(s.closers, file.Close)
			logs = file
		}
		if s.server, err = instance.Start(ctx, path, logs); err != nil {
			return "", err
		}
		s.closers = append(s.closers, s.server.Close)
		cli = s.server.CLI
		session, err = cli.StartSession(ctx)
	}
	if err != nil {
		return "", err
	}
	s.display, s.session, s.room = session.Display, session.ID, session.Room
	return cli.Link(ctx, session.ID, "owner")
}

// shoot writes the screenshot that was asked for, if it can.
func (f subjectFlags) shoot(s *subject) {
	if f.Shot == "" {
		return
	}
	png, err := s.browser.Screenshot()
	if err == nil {
		err = os.WriteFile(f.Shot, png, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "easel-bench: no screenshot:", err)
	}
}

// close stops everything in reverse order.
func (s *subject) close() error {
	var problems error
	for i := len(s.closers) - 1; i >= 0; i-- {
		problems = errors.Join(problems, s.closers[i]())
	}
	s.closers = nil
	return problems
}

func (s *subject) size() string { return fmt.Sprintf("%dx%d", s.picture.Width, s.picture.Height) }

// idleDuring runs work and gives the machine's idle share meanwhile, in percent.
func idleDuring(ctx context.Context, work func() error) (float64, error) {
	from, err := machine.ReadTimes()
	if err != nil {
		return 0, err
	}
	if err := work(); err != nil {
		return 0, err
	}
	to, err := machine.ReadTimes()
	if err != nil {
		return 0, err
	}
	return machine.IdlePercent(from, to), ctx.Err()
}

func rest(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
