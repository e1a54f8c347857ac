// Package collab decides whose hand reaches the canvas. It is a pure state
// machine: events and the time go in, the lease comes out; it knows nothing of
// networks.
package collab
