package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
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

func TestAQuotaThatComesWithTheToken(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	token := write("token", "a token\n")
	for text, want := range map[string]int64{"5368709120\n": 5 << 30, "0": 0, "-1": -1, "much": -1, "": -1} {
		f := flags{TokenAt: token, QuotaAt: write("quota", text), Quota: 7}
		err := awaitToken(t.Context(), &f)
		if (err != nil) != (want < 0) || err == nil && (f.Quota != want || f.Token != "a token") {
			t.Errorf("%q: %d %v", text, f.Quota, err)
		}
	}
	f := flags{TokenAt: token, QuotaAt: filepath.Join(dir, "none"), Quota: 7}
	if err := awaitToken(t.Context(), &f); err != nil || f.Quota != 7 {
		t.Errorf("without the file: %d %v", f.Quota, err)
	}
}
