package rclone

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
)

// Provider is a kind of storage that rclone knows, and what it needs to know of
// one.
type Provider struct {
	Name        string   `json:"name"` // a word for programs
	Description string   `json:"description"`
	Options     []Option `json:"options"`
	// OAuth says that rclone authorizes itself in a browser, and needs what that
	// gave as the option "token".
	OAuth bool `json:"oauth"`
}

// Option is one thing that a provider needs to know.
type Option struct {
	Name     string    `json:"name"`
	Help     string    `json:"help"`
	Type     string    `json:"type"` // of rclone's: string, bool, int, SizeSuffix, Duration, …
	Default  string    `json:"default"`
	Required bool      `json:"required"`
	Advanced bool      `json:"advanced"`
	Secret   bool      `json:"secret"`
	Examples []Example `json:"examples,omitempty"`
	// Only is what the option "provider" must be for this one to count, as rclone
	// has it: "AWS,Ceph", or "!AWS" for all but that; empty: whatever it is.
	Only string `json:"only,omitempty"`
}

// Example is a value that an option may have.
type Example struct {
	Value string `json:"value"`
	Help  string `json:"help"`
	Only  string `json:"only,omitempty"`
}

// wrapping are the kinds that lead to other remotes or to this machine's own
// disk: nothing that people have elsewhere.
var wrapping = []string{"alias", "cache", "chunker", "combine", "compress", "crypt", "hasher", "local", "memory", "union", "http"}

// Providers are the kinds of storage to choose from.
func (d *Daemon) Providers(ctx context.Context) ([]Provider, error) {
	var answer struct {
		Providers []struct {
			Prefix, Description string
			Hide                bool
			Options             []struct {
				Name, Help, Provider, Type, DefaultStr string
				Required, Advanced, IsPassword         bool
				Default                                json.RawMessage
				Hide                                   int
				Examples                               []struct{ Value, Help, Provider string }
			}
		} `json:"providers"`
	}
	if err := d.call(ctx, "config/providers", struct{}{}, &answer); err != nil {
		return nil, err
	}
	list := []Provider{}
	for _, p := range answer.Providers {
		if p.Hide || slices.Contains(wrapping, p.Prefix) {
			continue
		}
		one := Provider{Name: p.Prefix, Description: p.Description, Options: []Option{}}
		for _, o := range p.Options {
			if o.Name == "auth_url" {
				one.OAuth = true
			}
			if o.Hide != 0 {
				continue
			}
			option := Option{
				Name: o.Name, Help: o.Help, Type: o.Type, Default: o.DefaultStr, Required: o.Required,
				Advanced: o.Advanced, Secret: o.IsPassword || secret(o.Name), Only: o.Provider,
			}
			for _, e := range o.Examples {
				option.Examples = append(option.Examples, Example{e.Value, e.Help, e.Provider})
			}
			one.Options = append(one.Options, option)
		}
		list = append(list, one)
	}
	return list, nil
}

// secret says whether an option that rclone does not call a password is one.
func secret(name string) bool {
	return slices.Contains([]string{"token", "secret_access_key", "session_token", "client_secret", "key", "key_pem", "bearer_token", "api_key", "access_token", "service_account_credentials", "sas_url"}, name)
}

// maxQuestions bounds what rclone may ask about one remote.
const maxQuestions = 12

// Configure tells rclone of a remote. What it asks besides, it answers as it
// would itself.
func (d *Daemon) Configure(ctx context.Context, name, kind string, parameters map[string]string) error {
	type question struct {
		State  string
		Error  string
		Option *struct {
			Name       string
			DefaultStr string
		}
	}
	var asked question
	if err := d.call(ctx, "config/create", map[string]any{
		"name": name, "type": kind, "parameters": parameters, "opt": map[string]any{"obscure": true, "nonInteractive": true},
	}, &asked); err != nil {
		return err
	}
	for n := 0; asked.State != ""; n++ {
		if asked.Error != "" {
			return &Error{Words: plain(asked.Error)}
		}
		answer := ""
		if asked.Option != nil {
			if answer = asked.Option.DefaultStr; asked.Option.Name == "config_is_local" {
				return &Error{Words: "the token is missing, or no longer valid: authorize again and paste what rclone printed"}
			}
		}
		if n == maxQuestions {
			return fmt.Errorf("rclone: more than %d questions about a remote", maxQuestions)
		}
		state := asked.State
		asked = question{}
		if err := d.call(ctx, "config/update", map[string]any{
			"name": name, "parameters": map[string]string{},
			"opt": map[string]any{"nonInteractive": true, "continue": true, "state": state, "result": answer},
		}, &asked); err != nil {
			return err
		}
	}
	return nil
}

// Configured is what rclone holds of a remote, its secrets obscured.
func (d *Daemon) Configured(ctx context.Context, name string) (map[string]string, error) {
	var held map[string]string
	err := d.call(ctx, "config/get", map[string]string{"name": name}, &held)
	return held, err
}

// Forget has rclone forget a remote.
func (d *Daemon) Forget(ctx context.Context, name string) error {
	return d.call(ctx, "config/delete", map[string]string{"name": name}, &struct{}{})
}
