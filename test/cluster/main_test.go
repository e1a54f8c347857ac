package cluster

import (
	"context"
	"fmt"
	"os"
	"testing"
)

// one is the cluster of all tests: they keep to namespaces of their own.
var one *Cluster

// volumes is the folder that has every claim's volume.
var volumes string

func TestMain(m *testing.M) {
	if role := os.Getenv(victimEnv); role != "" {
		beKilled(role)
	}
	if role := os.Getenv(machineEnv); role != "" {
		beMachine(role)
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
	if volumes, err = os.MkdirTemp("", "easel-volumes-"); err != nil {
		return 1, err
	}
	defer os.RemoveAll(volumes)
	if err := one.Storage(ctx, volumes); err != nil {
		return 1, err
	}
	if err := one.Machines(ctx, 4, 400); err != nil {
		return 1, err
	}
	return m.Run(), nil
}
