// Package lines measures what a viewer on a bad line sees: a real browser watches
// a session that is painted in all the while, its media going through a relay
// that delays, loses and limits. What counts is how long the picture stands
// still, how soon it has settled when the line becomes bad, how soon it is whole
// again when the line becomes good, and how much of the line is used.
//
//	lines.go    the lines, one by one
//	run.go      one viewer on one line
//	figures.go  frames and bytes reduced to figures; pure
//	report.go   the table and how it is drawn
package lines
