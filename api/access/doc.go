// Package access knows who may come in: the owner by a password or a one-time
// link, guests by signed invitations. It keeps what must last in one file
// (Store) and signs the rest (Signer); it knows nothing of HTTP.
package access
