package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"github.com/easel-live/easel/account"
	"github.com/easel-live/easel/account/store"
)

type passwordCommand struct {
	storeFlags
	User string `arg:"" optional:"" help:"Whose, by name; default the oldest administrator's."`
}

// Run makes a new password: the server does it, or, when none runs, this
// process with the server's store.
func (c passwordCommand) Run(ctx context.Context) error {
	r, err := c.remote()
	if err != nil {
		return err
	}
	who := c.User
	if who == "" {
		var me struct {
			ID string `json:"id"`
		}
		err = r.ask(ctx, "GET", "/api/v1/me", nil, &me)
		who = me.ID
	}
	var fresh freshUser
	if err == nil {
		err = r.ask(ctx, "POST", "/api/v1/users/"+url.PathEscape(who)+"/password", nil, &fresh)
	}
	if errors.Is(err, errNoServer) {
		return c.offline(ctx, r.dir)
	}
	if err != nil {
		return err
	}
	fresh.print()
	return nil
}

// freshUser is who has a new password.
type freshUser struct {
	Name     string `json:"name"`
	Password string `json:"password"`
	Link     string `json:"link"`
}

func (f freshUser) print() {
	fmt.Printf("Name:      %s\nPassword:  %s\n", f.Name, f.Password)
	if f.Link != "" {
		fmt.Printf("Log in:    %s   (works once, within a day)\n", f.Link)
	}
}

func (c passwordCommand) offline(ctx context.Context, dir string) (err error) {
	lock, err := lockData(dir)
	if err != nil {
		return err
	}
	defer lock.Close()
	s, err := store.Open(ctx, c.database(dir))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	accounts, now := account.NewService(s, slog.Default()), time.Now()
	u, password, made, err := accounts.Begin(ctx, now)
	if err != nil {
		return err
	}
	if c.User != "" {
		if u, err = accounts.Find(ctx, c.User); err != nil {
			return err
		}
	}
	if !made {
		// The link would name no server; what it replaced ends all the same.
		if password, _, err = accounts.Reset(ctx, u.ID, now); err != nil {
			return err
		}
	}
	freshUser{Name: u.Name, Password: password}.print()
	return nil
}
