// Package sessions measures how many sessions a machine carries: one after the
// other is started, painted in without a pause and watched by a viewer, until
// the press of a button in one of them takes too long to be seen.
//
//	viewer.go   a viewer that decodes nothing: its browser is on another machine
//	report.go   the figures and how they are drawn
package sessions
