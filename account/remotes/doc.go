// Package remotes keeps the storage that people connect: what is known of it,
// sealed; which sessions have it; and that these sessions' agents, who sync it
// (workspace/cloud), are told.
//
// The credentials are open in three places only: in the request that brings
// them, in the server's memory while it seals or hands them over, and with the
// agent of a session that has them.
package remotes
