// Package secret makes secrets and the hashes that are kept of them: random words
// for cookies, links and tokens, whose SHA-256 is enough to know them again, and
// passwords that people choose, which argon2id makes slow to guess.
package secret
