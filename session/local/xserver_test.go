package local

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTheXServerIsRecognised by what it says of itself, whatever it is called.
func TestTheXServerIsRecognised(t *testing.T) {
	for says, want := range map[string]string{
		"Xvnc KasmVNC 1.3.4 - built Feb 15 2025":  kasmRFB,
		"Xvnc TigerVNC 1.12.0 - built 2023-01-06": plainRFB,
		"X.Org X Server 1.21.1.7":                 "",
	} {
		path := filepath.Join(t.TempDir(), "Xanything")
		if err := os.WriteFile(path, []byte("#!/bin/sh\necho '"+says+"' >&2\nexit 1\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		x, err := findXServer(path)
		if x.dialect != want || (err == nil) != (want != "") {
			t.Errorf("%s: dialect %q, %v", says, x.dialect, err)
		}
	}
	if _, err := findXServer("/nonexistent/Xvnc"); err == nil || !strings.Contains(err.Error(), "EASEL_XSERVER") {
		t.Errorf("one that is not there: %v", err)
	}
}
