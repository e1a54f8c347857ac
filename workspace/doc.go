// Package workspace is the folder of a session's files as people use it from
// the browser: listed, read, written, moved, thrown away and brought back.
//
// A path is slash-separated and relative to the workspace; "" is the workspace
// itself. Nothing outside it can be reached: every access goes through one
// os.Root, which refuses what leads out by dots or symbolic links.
//
// What is written appears whole or not at all: it is staged beside, synced, and
// renamed. Nothing is replaced by accident: a name that is taken is an error, or
// gets a number. What is deleted goes to the trash, from where it comes back.
//
// One process at a time writes to a workspace that is held (lease.go): a second
// session on the same files is refused, and one that lost them stops writing.
//
// Easel's own files are in .easel, which no path reaches:
//
//	.easel/lease         who holds the workspace: a lock, and a number that grows
//	.easel/trash/ID/     info.json says what it was; item is what was deleted
//	.easel/uploads/ID/   info.json says what it will be; data is what has come
//	.easel/staged/ID     what is being written and has no name yet
//	.easel/recovery/ID/  copies of what was open in GIMP and not saved
//	.easel/notes/ID      what is remembered for who syncs the workspace
//
// Names that begin with a dot are not shown and not made.
package workspace
