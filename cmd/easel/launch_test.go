package main

import (
	"maps"
	"testing"

	"github.com/easel-live/easel/session/kube"
)

func TestPools(t *testing.T) {
	got, err := pools([]string{"standard=2", "gpu=0-3"})
	want := map[string]kube.Pool{"standard": {Min: 2, Max: 2}, "gpu": {Max: 3}}
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("%v %v", got, err)
	}
	for _, bad := range []string{"standard", "standard=", "standard=x", "standard=-1", "standard=3-2", "standard=1-", "standard=5000"} {
		if _, err := pools([]string{bad}); err == nil {
			t.Errorf("%s passed", bad)
		}
	}
}
