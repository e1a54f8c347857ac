// Package images knows which images are open in GIMP: it opens files in it, says
// what was exported, and keeps copies of what nobody has saved, so that a crash
// costs seconds and not hours.
//
//	Keeper ── requests over a unix socket ── plugin/easel-images, beside GIMP
//	   │
//	   └── copies in the workspace ── .easel/recovery/PID-IMAGE/
//
// A copy is an XCF that GIMP writes. While it does, it does nothing else: so
// copies are made when the hand rests, told by the X server, which knows of all
// input however it comes (rest.go), and the longer they take the rarer they are
// (keeper.go). Each is written beside the one before and then takes its place.
//
// GIMP says nothing by itself. The Keeper asks what is open, every second or so
// while people work; what was exported shows in the files' times.
package images
