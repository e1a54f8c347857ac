package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"
	"text/tabwriter"
	"time"
)

type apiTokenCommands struct {
	Add    apiTokenAddCommand    `cmd:"" help:"Make an API token of the oldest administrator's and print it, once."`
	List   apiTokenListCommand   `cmd:"" help:"List their API tokens."`
	Revoke apiTokenRevokeCommand `cmd:"" help:"Revoke one."`
}

const apiTokens = "/api/v1/me/tokens"

type apiTokenAddCommand struct {
	dataFlags
	Name    string        `arg:"" help:"What it is for."`
	Scopes  []string      `default:"read" help:"What it may: read, sessions, admin."`
	Expires time.Duration `default:"2160h" help:"How long it is good for."`
}

func (c apiTokenAddCommand) Run(ctx context.Context) error {
	r, err := c.remote()
	if err != nil {
		return err
	}
	var made struct {
		Secret string `json:"secret"`
	}
	body := map[string]any{"name": c.Name, "scopes": c.Scopes, "expires_in": int64(c.Expires.Seconds())}
	if err := r.ask(ctx, "POST", apiTokens, body, &made); err != nil {
		return err
	}
	fmt.Println(made.Secret)
	return nil
}

type apiTokenListCommand struct{ dataFlags }

func (c apiTokenListCommand) Run(ctx context.Context) error {
	r, err := c.remote()
	if err != nil {
		return err
	}
	var list struct {
		Tokens []struct {
			ID        string    `json:"id"`
			Name      string    `json:"name"`
			Scopes    []string  `json:"scopes"`
			ExpiresAt time.Time `json:"expires_at"`
		} `json:"tokens"`
	}
	if err := r.ask(ctx, "GET", apiTokens, nil, &list); err != nil {
		return err
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tNAME\tSCOPES\tENDS")
	for _, t := range list.Tokens {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", t.ID, t.Name, strings.Join(t.Scopes, ", "), t.ExpiresAt.Local().Format(time.DateOnly))
	}
	return table.Flush()
}

type apiTokenRevokeCommand struct {
	dataFlags
	ID string `arg:"" help:"The token's ID."`
}

func (c apiTokenRevokeCommand) Run(ctx context.Context) error {
	r, err := c.remote()
	if err != nil {
		return err
	}
	return r.ask(ctx, "DELETE", apiTokens+"/"+url.PathEscape(c.ID), nil, nil)
}
