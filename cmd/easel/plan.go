package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"strconv"
	"text/tabwriter"

	"github.com/easel-live/easel/account"
)

// readPlans reads a file of plans; without one, the plans are the default ones.
func readPlans(path string) (account.Plans, error) {
	if path == "" {
		return account.DefaultPlans(), nil
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return account.Plans{}, fmt.Errorf("EASEL_PLANS: %w", err)
	}
	plans, err := account.ParsePlans(b)
	if err != nil {
		return plans, fmt.Errorf("EASEL_PLANS %s: %w", path, err)
	}
	return plans, nil
}

type planCommands struct {
	List planListCommand `cmd:"" help:"List the server's plans; with --json as EASEL_PLANS reads them."`
}

type planListCommand struct {
	dataFlags
	JSON bool `help:"Print the plans as JSON."`
}

func (c planListCommand) Run(ctx context.Context) error {
	r, err := c.remote()
	if err != nil {
		return err
	}
	var plans account.Plans
	if err := r.ask(ctx, "GET", "/api/v1/plans", nil, &plans); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(plans)
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tNAME\tMINUTES A MONTH\tSESSIONS\tSIZE\tGIB\tPEOPLE")
	for _, p := range plans.Plans {
		name := p.Name
		if p.ID == plans.Default {
			name += " (default)"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", p.ID, name, most(p.Minutes), most(p.Sessions), p.Size, most(p.StorageGiB), most(p.People))
	}
	return table.Flush()
}

func most(n int) string {
	if n == 0 {
		return "any"
	}
	return strconv.Itoa(n)
}

type usageCommand struct {
	dataFlags
	Month string `help:"Such as 2026-01, in UTC; default the present one."`
	JSON  bool   `help:"Print JSON instead of CSV."`
}

// Run prints what everybody used, for billing.
func (c usageCommand) Run(ctx context.Context) error {
	r, err := c.remote()
	if err != nil {
		return err
	}
	resp, err := r.do(ctx, "GET", "/api/v1/usage?month="+url.QueryEscape(c.Month)+"&format="+pick(c.JSON, "json", "csv"), nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(os.Stdout, resp.Body)
	return err
}
