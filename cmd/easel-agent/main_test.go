package main

import (
	"errors"
	"fmt"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/easel-live/easel/capture/display"
	"github.com/easel-live/easel/signaling/client"
)

func TestExitCodes(t *testing.T) {
	for _, c := range []struct {
		err  error
		want int
	}{
		{nil, 0},
		{errors.New("else"), exitUnexpected},
		{fmt.Errorf("wrapped: %w", display.ErrLost), exitDisplayLost},
		{fmt.Errorf("wrapped: %w", client.ErrRefused), exitRefused},
	} {
		if got := exitCode(c.err); got != c.want {
			t.Errorf("%v: %d, want %d", c.err, got, c.want)
		}
	}
}

func TestFlags(t *testing.T) {
	for _, name := range []string{"EASEL_URL", "EASEL_TOKEN", "DISPLAY"} {
		t.Setenv(name, "from-environment")
	}
	parse := func(args ...string) (flags, error) {
		var f flags
		parser, err := kong.New(&f)
		if err != nil {
			t.Fatal(err)
		}
		_, err = parser.Parse(args)
		return f, err
	}
	f, err := parse("--kbps=2000")
	if err != nil || f.URL != "from-environment" || f.Token != "from-environment" || f.Display != "from-environment" || f.FPS != 60 || f.Kbps != 2000 {
		t.Errorf("%+v, %v", f, err)
	}
	for _, bad := range []string{"--fps=0", "--fps=1000", "--kbps=5", "--log-level=loud", "--nonsense"} {
		if _, err := parse(bad); err == nil {
			t.Errorf("%s passed", bad)
		}
	}
}
