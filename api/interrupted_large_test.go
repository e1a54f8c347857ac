//go:build large

package api

// uploadMiB is the size of the upload that is interrupted.
const uploadMiB = 1024
