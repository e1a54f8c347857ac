package main

import (
	"fmt"
	"time"

	"github.com/easel-live/easel/internal/room"
	"github.com/easel-live/easel/signaling/token"
)

type tokenCommand struct {
	dataFlags
	Room     string        `required:"" help:"Room to open."`
	Identity string        `required:"" help:"Who the bearer is."`
	Name     string        `help:"Name shown to others."`
	Role     string        `default:"viewer" enum:"viewer,editor,owner,agent" help:"viewer, editor, owner or agent."`
	TTL      time.Duration `default:"6h" help:"How long the token is valid."`
	Dev      bool          `help:"Sign with the key pair of serve --dev."`
}

func (c tokenCommand) Run() error {
	keys := keyPair{Key: devKey, Secret: devSecret}
	if !c.Dev {
		dir, err := c.dir()
		if err != nil {
			return err
		}
		if keys, err = loadKeys(dir); err != nil {
			return err
		}
	}
	raw, err := token.Mint(keys.Key, keys.Secret, token.Grant{
		Room: c.Room, Identity: c.Identity, Name: c.Name, Role: room.Role(c.Role), TTL: c.TTL,
	})
	if err != nil {
		return err
	}
	fmt.Println(raw)
	return nil
}
