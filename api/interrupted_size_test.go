//go:build !large

package api

// uploadMiB is the size of the upload that is interrupted; 1 GiB with -tags large.
const uploadMiB = 64
