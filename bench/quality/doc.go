// Package quality measures what a viewer really sees: the pixels of the page's
// video, as the browser decoded them, against the pixels of the X screen.
//
// Screen and viewer are never at the same moment, and a brush that moved on by a
// few pixels would count as bad quality. So the application is stopped (SIGSTOP)
// in the middle of a stroke: the screen stands still while the last frames of the
// movement arrive. Each frame that the viewer is shown within a moment of that is
// compared with the screen; the best one is what motion looks like. For the
// picture at rest the application stays stopped, and every frame from then on is
// compared: when the picture became exact is read from that.
//
//	compare.go   two pictures: PSNR, SSIM, equal pixels
//	paint.go     strokes in the background that can be held at any moment
//	study.go     moving and resting samples of one viewer
//	report.go    the figures; html.go draws them
package quality
