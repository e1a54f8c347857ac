// Package rclone drives an rclone of our own, which reaches people's storage:
// it starts it, tells it of remotes, and has it list and copy files.
//
// rclone's remote control listens on a port of loopback that the kernel picks
// and wants a name and password that are made for this one process. Its
// configuration is in memory: nothing of it is written to a disk. What is asked
// is described at rclone.org/rc, for rclone 1.60.
package rclone
