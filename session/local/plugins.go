package local

import (
	"log/slog"
	"os"
	"path/filepath"
	"slices"
)

// plugins are the paths of GIMP's plug-ins that the agent speaks to; empty: it is
// missing.
type plugins struct {
	tools  string // by which tools change hands
	images string // that tells what is open
}

// findPlugins looks beside the agent, where they are built.
func findPlugins(agent string, log *slog.Logger) plugins {
	find := func(name, without string) string {
		path := filepath.Join(filepath.Dir(agent), name)
		if _, err := os.Stat(path); err != nil {
			log.Warn(without+": a plug-in of GIMP's is missing", "error", err)
			return ""
		}
		return path
	}
	return plugins{
		tools:  find("easel-tools", "everybody will paint with the same tools"),
		images: find("easel-images", "nothing will be kept of what nobody saves"),
	}
}

// paths are those of the plug-ins that are there.
func (p plugins) paths() []string {
	return slices.DeleteFunc([]string{p.tools, p.images}, func(path string) bool { return path == "" })
}
