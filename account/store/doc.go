// Package store keeps accounts in a database: an embedded SQLite file, which
// needs nothing installed, or PostgreSQL, which several servers share. Both speak
// the same statements but for what dialect.go names, and pass the same tests.
//
// Moments are microseconds since 1970, so that both order and add them alike.
// migrations/ makes the schema, a file for each step, applied once and in order.
package store
