// Package local runs sessions as processes of this machine. A session is
//
//	Xvnc          the private display, RFB on a unix socket, no TCP
//	dbus-daemon   the session bus, without which GIMP opens files in a second GIMP
//	openbox       keeps GIMP's window maximised and its dialogs usable
//	gimp          with a profile and a workspace of its own
//	easel-agent   streams the display and takes input
//
// each in its own process session, with EASEL_SESSION=ID in its environment so
// that whatever a part forks is found at the end. When the server runs as
// root, the parts run as an unprivileged user.
//
// The processes do not need the server: a server that is killed leaves them
// running, and the next one adopts them by the record it finds. A part that
// dies is started again; a display that dies takes its clients with it, and
// all start again on the same workspace.
//
// In the data directory:
//
//	sessions/ID.json   the record, the server's own
//	sessions/ID/       Xauthority and logs, the server's own; in it, owned by
//	                   the session's user: profile, cache, config, data, run
//	workspaces/ID/     the people's files; they stay when the session ends
//	bin/               the agent, when the session's user can't reach the original
package local
