package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/easel-live/easel/api/access"
)

type passwordCommand struct {
	dataFlags
}

// Run makes a new password: the server does it, or, when none runs, this
// process with the server's file.
func (c passwordCommand) Run(ctx context.Context) error {
	r, err := c.remote()
	if err != nil {
		return err
	}
	var fresh struct {
		Password string `json:"password"`
		Link     string `json:"link"`
	}
	err = r.ask(ctx, "POST", "/local/password", nil, &fresh)
	if errors.Is(err, errNoServer) {
		return c.offline(r.dir)
	}
	if err != nil {
		return err
	}
	fmt.Printf("Password:  %s\nLog in:    %s   (works once, within a day)\n", fresh.Password, fresh.Link)
	return nil
}

func (c passwordCommand) offline(dir string) error {
	lock, err := lockData(dir)
	if err != nil {
		return err
	}
	defer lock.Close()
	store, err := access.Open(filepath.Join(dir, "access.json"))
	if err != nil {
		return err
	}
	password := access.NewPassword()
	if err := store.SetPassword(password); err != nil {
		return err
	}
	fmt.Printf("Password:  %s\n", password)
	return nil
}
