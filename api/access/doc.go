// Package access knows whom sessions let in besides their accounts: guests, by
// invitations, and how fast anybody may guess. It keeps what must last in one
// file and knows nothing of HTTP.
package access
