// Package sfu forwards one publisher's media to many viewers.
package sfu
