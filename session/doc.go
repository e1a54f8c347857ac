// Package session keeps the sessions of one server: one GIMP, its display and
// its workspace each, from the wish for it to the end of it.
//
// A Service is the registry. It decides what a session's state is and tells
// whoever watches; a Launcher (session/local) does the work and reports what
// happened. Once a session was ready it stays ready while its parts are
// restarted, because people keep their room; only failed and ended follow.
//
//	requested → starting → ready → ended
//	                 ↘ failed ↙      ↗
package session
