// Package serversdk proves that LiveKit's Go SDK, unmodified, joins an Easel
// room, publishes, subscribes and exchanges data. It is a module of its own
// because that SDK needs an older livekit/protocol than the server uses. It has
// nothing but tests.
//
// EASEL_TEST_URL names a running server that accepts the development keys
// (`easel serve --dev`); without it the tests build and start one.
package serversdk
