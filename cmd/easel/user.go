package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"text/tabwriter"
	"time"
)

type userCommands struct {
	Add    userAddCommand    `cmd:"" help:"Make an account and print its password and a one-time link."`
	List   userListCommand   `cmd:"" help:"List the accounts."`
	Set    userSetCommand    `cmd:"" help:"Change an account."`
	Remove userRemoveCommand `cmd:"" help:"Remove an account whose sessions are over."`
}

// userInfo is an account as the server tells it.
type userInfo struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Display   string    `json:"display"`
	Email     string    `json:"email"`
	Admin     bool      `json:"admin"`
	Disabled  bool      `json:"disabled"`
	Plan      string    `json:"plan"`
	External  bool      `json:"external"`
	CreatedAt time.Time `json:"created_at"`
}

func userPath(who string) string { return "/api/v1/users/" + url.PathEscape(who) }

// pages reads a whole list, page by page; key is its member of the answers.
func pages[T any](ctx context.Context, r *remote, path, key string) ([]T, error) {
	list := []T{}
	for cursor := ""; ; {
		answer := make(map[string]json.RawMessage)
		if err := r.ask(ctx, "GET", path+"cursor="+url.QueryEscape(cursor), nil, &answer); err != nil {
			return nil, err
		}
		var part []T
		if err := errors.Join(json.Unmarshal(answer[key], &part), json.Unmarshal(answer["next"], &cursor)); err != nil {
			return nil, fmt.Errorf("the server's answer: %w", err)
		}
		if list = append(list, part...); cursor == "" {
			return list, nil
		}
	}
}

type userAddCommand struct {
	dataFlags
	Name    string `arg:"" help:"What they log in as."`
	Display string `help:"What others see; default the name."`
	Email   string `help:"Where to reach them."`
	Plan    string `help:"Their plan; default the server's, or no limits for administrators."`
	Admin   bool   `help:"Make them an administrator."`
}

func (c userAddCommand) Run(ctx context.Context) error {
	r, err := c.remote()
	if err != nil {
		return err
	}
	var made struct {
		User userInfo `json:"user"`
		freshUser
	}
	body := map[string]any{"name": c.Name, "email": c.Email, "admin": c.Admin, "plan": c.Plan}
	if c.Display != "" {
		body["display"] = c.Display
	}
	if err := r.ask(ctx, "POST", "/api/v1/users", body, &made); err != nil {
		return err
	}
	made.Name = made.User.Name
	made.print()
	return nil
}

type userListCommand struct {
	dataFlags
	JSON bool `help:"Print the accounts as JSON."`
}

func (c userListCommand) Run(ctx context.Context) error {
	r, err := c.remote()
	if err != nil {
		return err
	}
	users, err := pages[userInfo](ctx, r, "/api/v1/users?", "users")
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(map[string]any{"users": users})
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tNAME\tDISPLAY\tE-MAIL\tPLAN\tIS\tSINCE")
	for _, u := range users {
		is := pick(u.Admin, "administrator", "user")
		if u.Disabled {
			is += ", disabled"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", u.ID, u.Name, u.Display, u.Email, u.Plan, is, u.CreatedAt.Local().Format(time.DateOnly))
	}
	return table.Flush()
}

type userSetCommand struct {
	dataFlags
	User    string  `arg:"" help:"Who, by name or ID."`
	Name    *string `help:"What they log in as."`
	Display *string `help:"What others see."`
	Email   *string `help:"Where to reach them."`
	Plan    *string `help:"Their plan; empty for none of their own."`
	Admin   *bool   `negatable:"" help:"Whether they are an administrator."`
	Disable *bool   `negatable:"" help:"Whether they are kept out; their logins end."`
}

func (c userSetCommand) Run(ctx context.Context) error {
	r, err := c.remote()
	if err != nil {
		return err
	}
	body := map[string]any{}
	put(body, "name", c.Name)
	put(body, "display", c.Display)
	put(body, "email", c.Email)
	put(body, "plan", c.Plan)
	put(body, "admin", c.Admin)
	put(body, "disabled", c.Disable)
	return r.ask(ctx, "PATCH", userPath(c.User), body, nil)
}

func put[T any](body map[string]any, key string, value *T) {
	if value != nil {
		body[key] = *value
	}
}

type userRemoveCommand struct {
	dataFlags
	User string `arg:"" help:"Who, by name or ID."`
}

func (c userRemoveCommand) Run(ctx context.Context) error {
	r, err := c.remote()
	if err != nil {
		return err
	}
	return r.ask(ctx, "DELETE", userPath(c.User), nil, nil)
}
