// Package account knows who people are and what they may use: users and how
// they prove who they are, API tokens, and the journal of who did what. Rules
// are pure functions of values; what must last is behind the ports in store.go,
// which account/store keeps in SQLite or PostgreSQL.
//
// A Service is the way in for everybody else. It hashes and compares secrets;
// the store never sees one. Time is a parameter throughout.
package account
