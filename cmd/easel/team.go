package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"text/tabwriter"
	"time"
)

type teamCommands struct {
	Add    teamAddCommand    `cmd:"" help:"Make a team and invite its first owner."`
	List   teamListCommand   `cmd:"" help:"List the teams."`
	Show   teamShowCommand   `cmd:"" help:"List who is in a team or invited."`
	Set    teamSetCommand    `cmd:"" help:"Rename a team or give it a plan."`
	Invite teamInviteCommand `cmd:"" help:"Invite somebody to a team by what they log in as."`
	Remove teamRemoveCommand `cmd:"" help:"End a team; its sessions stay their owners'."`
}

// teamInfo is a team as the server tells it.
type teamInfo struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	Plan      string     `json:"plan"`
	CreatedAt time.Time  `json:"created_at"`
	Members   []mateInfo `json:"members,omitempty"`
}

type mateInfo struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Display string `json:"display"`
	Role    string `json:"role"`
	Invited bool   `json:"invited"`
}

func teamPath(id, rest string) string { return "/api/v1/teams/" + url.PathEscape(id) + rest }

type teamAddCommand struct {
	dataFlags
	Name  string `arg:"" help:"What people call it."`
	Owner string `help:"Whom to invite as an owner, by what they log in as."`
	Plan  string `help:"The plan that what is started in it counts for; default that of who starts it."`
}

// Run makes the team as the oldest administrator, who stays an owner of it.
func (c teamAddCommand) Run(ctx context.Context) error {
	r, err := c.remote()
	if err != nil {
		return err
	}
	var t teamInfo
	if err := r.ask(ctx, "POST", "/api/v1/teams", map[string]string{"name": c.Name}, &t); err != nil {
		return err
	}
	fmt.Println(t.ID)
	if c.Plan != "" {
		if err := r.ask(ctx, "PATCH", teamPath(t.ID, ""), map[string]string{"plan": c.Plan}, nil); err != nil {
			return err
		}
	}
	if c.Owner == "" {
		return nil
	}
	return r.ask(ctx, "POST", teamPath(t.ID, "/invites"), map[string]string{"name": c.Owner, "role": "owner"}, nil)
}

type teamListCommand struct {
	dataFlags
	JSON bool `help:"Print the teams as JSON."`
}

func (c teamListCommand) Run(ctx context.Context) error {
	r, err := c.remote()
	if err != nil {
		return err
	}
	teams, err := pages[teamInfo](ctx, r, "/api/v1/teams?all&", "teams")
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(map[string]any{"teams": teams})
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tNAME\tPLAN\tSINCE")
	for _, t := range teams {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", t.ID, t.Name, t.Plan, t.CreatedAt.Local().Format(time.DateOnly))
	}
	return table.Flush()
}

type teamShowCommand struct {
	dataFlags
	ID   string `arg:"" help:"The team's ID."`
	JSON bool   `help:"Print the team as JSON."`
}

func (c teamShowCommand) Run(ctx context.Context) error {
	r, err := c.remote()
	if err != nil {
		return err
	}
	var t teamInfo
	if err := r.ask(ctx, "GET", teamPath(c.ID, ""), nil, &t); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(t)
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NAME\tDISPLAY\tROLE")
	for _, m := range t.Members {
		fmt.Fprintf(table, "%s\t%s\t%s%s\n", m.Name, m.Display, m.Role, pick(m.Invited, ", invited", ""))
	}
	return table.Flush()
}

type teamSetCommand struct {
	dataFlags
	ID   string  `arg:"" help:"The team's ID."`
	Name *string `help:"What people call it."`
	Plan *string `help:"Its plan; empty for none of its own."`
}

func (c teamSetCommand) Run(ctx context.Context) error {
	r, err := c.remote()
	if err != nil {
		return err
	}
	body := map[string]any{}
	put(body, "name", c.Name)
	put(body, "plan", c.Plan)
	return r.ask(ctx, "PATCH", teamPath(c.ID, ""), body, nil)
}

type teamInviteCommand struct {
	dataFlags
	ID   string `arg:"" help:"The team's ID."`
	User string `arg:"" help:"Whom, by what they log in as."`
	Role string `default:"member" enum:"owner,admin,member" help:"owner, admin or member."`
}

func (c teamInviteCommand) Run(ctx context.Context) error {
	r, err := c.remote()
	if err != nil {
		return err
	}
	return r.ask(ctx, "POST", teamPath(c.ID, "/invites"), map[string]string{"name": c.User, "role": c.Role}, nil)
}

type teamRemoveCommand struct {
	dataFlags
	ID string `arg:"" help:"The team's ID."`
}

func (c teamRemoveCommand) Run(ctx context.Context) error {
	r, err := c.remote()
	if err != nil {
		return err
	}
	return r.ask(ctx, "DELETE", teamPath(c.ID, ""), nil, nil)
}
