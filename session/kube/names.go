package kube

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// Labels, which objects are found by.
const (
	managedLabel = "app.kubernetes.io/managed-by"
	managedBy    = "easel"

	kindLabel    = "easel.live/kind"     // session or warm
	sessionLabel = "easel.live/session"  // the session's ID
	serverLabel  = "easel.live/server"   // the server that looks after it
	ownerLabel   = "easel.live/owner"    // hash of whose it is
	sizeLabel    = "easel.live/size"     // the size class, its template's name
	madeLabel    = "easel.live/template" // hash of the template it was made from
)

// Kinds of pods and of their volumes.
const (
	kindSession = "session"
	kindWarm    = "warm"
)

// Annotations, which are read once an object was found.
const (
	nameNote    = "easel.live/name"
	roomNote    = "easel.live/room"
	ownerNote   = "easel.live/owner"
	createdNote = "easel.live/created-at"
	activeNote  = "easel.live/active-at"     // when somebody was last there, give or take minutes
	quotaNote   = "easel.live/quota"         // of a record: bytes that its files may take
	expiresNote = "easel.live/expires"       // of a record: nobody keeps it beyond
	tokenNote   = "easel.live/token-expires" // of a pod: the token in its Secret
	folderNote  = "easel.live/folder"        // of a warm pod's volume: where the files are in it
)

// What the launcher adds to a template's pod, and what it finds there.
const (
	container        = "session" // the one that runs GIMP
	workspaceVolume  = "workspace"
	workspacePath    = "/workspace"
	credentialVolume = "credential"
	credentialPath   = "/run/easel/credential"
	tokenKey         = "token"
	quotaKey         = "quota"
)

func recordName(id string) string { return "session-" + id }

func podName(id string, attempt int) string { return recordName(id) + "-" + strconv.Itoa(attempt) }

// attemptOf is the reverse of podName; zero for a pod that was warm.
func attemptOf(id, pod string) int {
	n, err := strconv.Atoi(strings.TrimPrefix(pod, recordName(id)+"-"))
	if err != nil {
		return 0
	}
	return n
}

// digest is a label's worth of what may not be a label.
func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:10])
}

// holder is whose workspace a session needs: its owner's, or, for a session of
// nobody, its own.
func holder(owner, id string) string {
	if owner == "" {
		return digest("session " + id)
	}
	return digest("owner " + owner)
}

// ready says whether a pod is.
func ready(p *corev1.Pod) bool { return condition(p, corev1.PodReady) }

func condition(p *corev1.Pod, kind corev1.PodConditionType) bool {
	for _, c := range p.Status.Conditions {
		if c.Type == kind {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}

// over says whether a pod runs no more and never will.
func over(p *corev1.Pod) bool {
	return p.Status.Phase == corev1.PodFailed || p.Status.Phase == corev1.PodSucceeded
}
