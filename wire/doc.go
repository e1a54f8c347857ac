// Package wire is the codec of Easel's own messages: what travels in LiveKit
// data packets under the easel.* topics. Browser, server, agent and bench speak
// it; it imports nothing but the standard library and is fuzzed.
//
// Hot messages (input, frame tags, cursor) are fixed binary layouts in network
// byte order; rare ones (control) are JSON. The TypeScript twin in
// client/src/core/wire is held to the same vectors (testdata/vectors.json).
//
//	topic          from            to                reliability     codec
//	easel.input    lease holder    agent             moves lossy,    Input
//	                                                 rest reliable
//	easel.frame    agent           everyone          lossy           FrameTag
//	easel.exact    agent           everyone          reliable        Exact
//	easel.cursor   agent           everyone          shape reliable, CursorShape,
//	                                                 position lossy  CursorPosition
//	easel.clipboard
//	               people, agent   agent, people     reliable        Clipboard
//	easel.control  anyone, server  server, everyone  reliable        Control
//	easel.pointer  anyone, server  everyone          pointers lossy, Pointer, Pointers,
//	                                                 rest reliable   Ink, View, Reaction
package wire

// Topics of LiveKit data packets that carry Easel's messages.
const (
	TopicInput     = "easel.input"
	TopicFrame     = "easel.frame"
	TopicExact     = "easel.exact"
	TopicCursor    = "easel.cursor"
	TopicClipboard = "easel.clipboard"
	TopicControl   = "easel.control"
	TopicPointer   = "easel.pointer"
)

// Version is the first byte of every binary message but Input, which has its
// own: InputVersion.
const Version = 1
