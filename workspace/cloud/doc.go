// Package cloud keeps folders of a workspace the same as folders of people's own
// storage, both ways, through an rclone of its own.
//
//	Syncer ── one pass after the other ── mirror ── workspace.Workspace
//	   └── rclone.Daemon ── any of rclone's backends ──┘
//
// A pass lists both sides and compares each with what they were when they last
// agreed (plan.go): that says who changed what, without trusting any clock. Then
// it copies and deletes one file at a time (step.go), looking again at both
// sides just before, so that a change made meanwhile waits for the next pass and
// is never overwritten.
//
// Nothing is lost: a file that changed on both sides is kept twice, what is
// deleted here because it was deleted there goes to the trash, and when more
// than half of a folder is gone at once, as when a remote answers with an empty
// list, it is brought back instead. Nothing half-written is seen: what comes is
// staged beside the workspace and takes its place when it is whole; what goes is
// uploaded under a name of its own and renamed, unless the remote shows objects
// only when they are whole.
//
// What no remote can tell apart is the moment between the end of an upload and the
// look at what it became: somebody else's change in it, of the same size, is
// taken for ours and stays unnoticed until one side changes again.
//
// The credentials of a remote are here only while its session runs, and in
// memory only.
package cloud
