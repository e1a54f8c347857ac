package main

import (
	"os"

	"github.com/easel-live/easel/bench/screen"
)

// openScreen connects to the subject's display itself.
func openScreen(s *subject) (*screen.Screen, error) {
	truth, err := openDisplay(s.display)
	if err != nil {
		return nil, err
	}
	s.closers = append(s.closers, truth.Close)
	return truth, nil
}

// openDisplay connects to a session's display with the authority of its X server.
func openDisplay(display string) (*screen.Screen, error) {
	authority, err := authorityOf(display)
	if err != nil {
		return nil, err
	}
	if authority != "" {
		if err := os.Setenv("XAUTHORITY", authority); err != nil {
			return nil, err
		}
	}
	return screen.Open(display)
}
