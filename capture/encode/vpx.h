#ifndef EASEL_VPX_H
#define EASEL_VPX_H

#include <stdint.h>
#include <vpx/vp8cx.h>
#include <vpx/vpx_encoder.h>

#include "frame.h"
#include "picture.h"

/* One VP8 or VP9 encoder and its map of changed macroblocks. */
typedef struct {
  vpx_codec_ctx_t codec;
  vpx_codec_enc_cfg_t config;
  vpx_active_map_t map;
} easel_vpx;

/* Functions that can fail return NULL or the reason, which is never freed. */
easel_vpx *easel_vpx_new(void);
const char *easel_vp8_init(easel_vpx *e, int width, int height, int kbps, int threads, int speed);
const char *easel_vp9_init(easel_vpx *e, int width, int height, int full, int kbps, int threads, int speed);
void easel_vpx_free(easel_vpx *e);

/* Changes bitrate and quantizers. */
const char *easel_vpx_config(easel_vpx *e, int kbps, int min_quantizer, int max_quantizer);

/* Between inter frames, libvpx's VP8 lets quality rise only step by step in its
   screen content mode; refining leaves that mode. */
const char *easel_vp8_refine(easel_vpx *e, int refine);

/* Splits the next VP9 frames into 2^log2 columns, which threads share. */
const char *easel_vp9_columns(easel_vpx *e, int log2);

/* Encodes p. rects are count times x0, y0, x1, y1 in pixels: what changed since
   the last frame. pts and duration are in 90 kHz ticks. */
const char *easel_vpx_encode(easel_vpx *e, const easel_picture *p, const int32_t *rects, int count,
                             int64_t pts, int duration, int key, easel_frame *out);

/* Says whether what receivers see now equals p within a rectangle. */
int easel_vpx_exact(easel_vpx *e, const easel_picture *p, int x, int y, int width, int height);

/* Mean squared error of the first plane between p and the encoder's own
   reconstruction. */
double easel_vpx_error(easel_vpx *e, const easel_picture *p);

#endif
