package cluster

import (
	"context"
	"fmt"
	"os"
	"testing"
)

// one is the cluster of all tests: they keep to namespaces of their own.
var one *Cluster

func TestMain(m *testing.M) {
	if role := os.Getenv(victimEnv); role != "" {
		beKilled(role)
	}
	code, err := with(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

func with(m *testing.M) (int, error) {
	ctx := context.Background()
	var err error
	if one, err = Start(ctx); err != nil {
		return 1, err
	}
	defer one.Stop()
	dir, err := os.MkdirTemp("", "easel-volumes-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	if err := one.Storage(ctx, dir); err != nil {
		return 1, err
	}
	if err := one.Machines(ctx, 4, 400); err != nil {
		return 1, err
	}
	return m.Run(), nil
}
