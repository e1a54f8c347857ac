// Package stockjs proves that the unmodified livekit-client, in a real Chromium
// and in a real Firefox, joins an Easel room, sees its picture and exchanges data.
// It has nothing but tests.
package stockjs
