package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"text/tabwriter"
	"time"
)

type sessionCommands struct {
	Start startCommand `cmd:"" help:"Start a session and wait until it is ready."`
	List  listCommand  `cmd:"" help:"List the sessions."`
	End   endCommand   `cmd:"" help:"End a session; the files of its workspace stay."`
	Link  linkCommand  `cmd:"" help:"Print a URL that opens a session in a browser, without a login."`
}

// sessionInfo is a session as the server tells it.
type sessionInfo struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Room      string    `json:"room"`
	State     string    `json:"state"`
	Reason    string    `json:"reason,omitempty"`
	CreatedAt time.Time `json:"created_at"`
	Display   string    `json:"display"`
	Workspace string    `json:"workspace"`
	Owner     string    `json:"owner,omitempty"`
	Steps     []struct {
		Title string `json:"title"`
		State string `json:"state"`
	} `json:"steps,omitempty"`
}

func sessionPath(id, rest string) string { return "/api/v1/sessions/" + url.PathEscape(id) + rest }

type startCommand struct {
	dataFlags
	Name   string `help:"What people call it."`
	User   string `help:"Whose it is to be, by name; default the oldest administrator's."`
	Resume string `help:"ID of a session that is over, to go on with on its workspace."`
	JSON   bool   `help:"Print the session as JSON."`
}

func (c startCommand) Run(ctx context.Context) error {
	r, err := c.remote()
	if err != nil {
		return err
	}
	var s sessionInfo
	if err := r.ask(ctx, "POST", "/api/v1/sessions", map[string]string{"name": c.Name, "user": c.User, "resume": c.Resume}, &s); err != nil {
		return err
	}
	if s, err = r.untilReady(ctx, s.ID); err != nil {
		return err
	}
	if c.JSON {
		s.Steps = nil
		return printJSON(s)
	}
	fmt.Printf("%s  %s\n", s.ID, s.Name)
	fmt.Printf("workspace: %s\nopen it:   easel session link %s --role owner\n", s.Workspace, s.ID)
	return nil
}

// untilReady follows a session and tells its steps, until it is ready.
func (r *remote) untilReady(ctx context.Context, id string) (sessionInfo, error) {
	resp, err := r.do(ctx, "GET", sessionPath(id, "/events"), nil)
	if err != nil {
		return sessionInfo{}, err
	}
	defer resp.Body.Close()
	var told string
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		var s sessionInfo
		if err := json.Unmarshal([]byte(data), &s); err != nil {
			return s, fmt.Errorf("session event: %w", err)
		}
		switch s.State {
		case "ready":
			return s, nil
		case "failed":
			return s, fmt.Errorf("session %s failed: %s", id, s.Reason)
		case "ended":
			return s, fmt.Errorf("session %s was ended", id)
		}
		for _, step := range s.Steps {
			if step.State == "active" && step.Title != told {
				told = step.Title
				fmt.Fprintln(os.Stderr, told)
			}
		}
	}
	return sessionInfo{}, errors.Join(fmt.Errorf("the server went away while session %s was starting", id), lines.Err())
}

type listCommand struct {
	dataFlags
	JSON bool `help:"Print the sessions as JSON."`
}

func (c listCommand) Run(ctx context.Context) error {
	r, err := c.remote()
	if err != nil {
		return err
	}
	list, err := pages[sessionInfo](ctx, r, "/api/v1/sessions?all&", "sessions")
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(map[string]any{"sessions": list})
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tNAME\tOWNER\tSTATE\tDISPLAY\tSINCE")
	for _, s := range list {
		state := s.State
		if s.Reason != "" {
			state += ": " + s.Reason
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", s.ID, s.Name, s.Owner, state, s.Display, s.CreatedAt.Local().Format(time.DateTime))
	}
	return table.Flush()
}

type endCommand struct {
	dataFlags
	ID string `arg:"" help:"The session's ID."`
}

func (c endCommand) Run(ctx context.Context) error {
	r, err := c.remote()
	if err != nil {
		return err
	}
	return r.ask(ctx, "DELETE", sessionPath(c.ID, ""), nil, nil)
}

type linkCommand struct {
	dataFlags
	ID      string        `arg:"" help:"The session's ID."`
	Role    string        `default:"viewer" enum:"viewer,editor,owner" help:"viewer, editor or owner."`
	Name    string        `help:"Who comes by the link, as others see them; default the role."`
	Expires time.Duration `default:"24h" help:"How long the link lets people in."`
}

func (c linkCommand) Run(ctx context.Context) error {
	r, err := c.remote()
	if err != nil {
		return err
	}
	var invite struct {
		URL string `json:"url"`
	}
	body := map[string]any{"role": c.Role, "expires_in": int64(c.Expires.Seconds())}
	if err := r.ask(ctx, "POST", sessionPath(c.ID, "/invites"), body, &invite); err != nil {
		return err
	}
	name := c.Name
	if name == "" {
		name = strings.ToUpper(c.Role[:1]) + c.Role[1:]
	}
	// A link that says who comes opens the session without a question.
	fmt.Println(invite.URL + "&" + url.Values{"name": {name}}.Encode())
	return nil
}

func printJSON(v any) error {
	enc := json.NewEncoder(os.Stdout)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
