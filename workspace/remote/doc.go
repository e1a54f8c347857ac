// Package remote carries a session's workspace from the agent, who has it, to
// the server, who asks for it: HTTP/1.1 over streams of the agent's tunnel.
//
//	server  Client ──── tunnel stream: HTTP ────  Serve  agent ── workspace
//
// HTTP brings what files need: bodies of any length in bounded pieces (the
// tunnel's window is all that is ever in flight), byte ranges, and an end that
// is told apart from a break. Paths travel as query parameters, answers as
// JSON, errors as a status and a word for each error of package workspace.
//
// The two ends do not trust each other. The agent's end serves nothing but the
// workspace; who may ask is the server's business. The server's end takes
// bytes, sizes and names from a place where people run what they like: it
// bounds what it reads and passes on no header that it did not make.
package remote
