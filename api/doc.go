// Package api is the server's door for browsers and programs: the REST API
// described by openapi.yaml, login, invitations, and the web app's files.
//
// Who calls is decided in one place (caller.go) and what they may do in
// another (the table in routes.go); handlers only do it. What goes wrong is
// told as an RFC 9457 problem document.
package api
