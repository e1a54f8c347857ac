// Package kube runs sessions as pods of a Kubernetes cluster. A session is
//
//	ConfigMap  session-ID    the record: whose it is, its room, its server; owner of the rest
//	Pod        session-ID-1  GIMP, its display and the agent, from a template of its size
//	Secret     session-ID-1  the agent's token, mounted in that pod and in no other
//	PVC        workspace-H   the files of a person (H is a hash of who), which stay
//
// The record is made first and everything hangs on it by owner references: what
// a server that dies on the way leaves is either completed by the next one, which
// adopts the record, or collected by the cluster when the record goes.
//
// A run (run.go) is a loop that compares what is there with what should be and
// does the next thing about it (place.go). It reads from informers alone
// (cache.go), which an API server that is away only makes older, and writes
// conditionally: names follow from the session, so that a second create of the
// same finds the first, and a warm pod is claimed at the version that was seen,
// so that of two servers one gets it (warm.go).
//
// Warm pods run GIMP before anybody asked. They mount a volume of their own,
// which becomes the workspace of whoever claims them, so they serve people who
// have no files yet; everybody else's pod is started on their files.
package kube
