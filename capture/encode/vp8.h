#ifndef EASEL_VP8_H
#define EASEL_VP8_H

#include <stdint.h>
#include <vpx/vp8cx.h>
#include <vpx/vpx_encoder.h>

#include "picture.h"

/* One VP8 encoder and its map of changed macroblocks. */
typedef struct {
  vpx_codec_ctx_t codec;
  vpx_codec_enc_cfg_t config;
  vpx_active_map_t map;
} easel_vp8;

/* What encoding a frame gave: data belongs to the encoder until the next call. */
typedef struct {
  const uint8_t *data;
  int size;
  int key;
  int quantizer;
} easel_frame;

/* Functions that can fail return NULL or the reason, which is never freed. */
easel_vp8 *easel_vp8_new(void);
const char *easel_vp8_init(easel_vp8 *e, int width, int height, int kbps, int threads, int speed);
void easel_vp8_free(easel_vp8 *e);

/* Changes bitrate and quantizers. Between inter frames, libvpx lets quality rise
   only step by step in its screen content mode; refine leaves that mode. */
const char *easel_vp8_config(easel_vp8 *e, int kbps, int min_quantizer, int max_quantizer, int refine);

/* Encodes p. rects are count times x0, y0, x1, y1 in pixels: what changed since
   the last frame. pts and duration are in 90 kHz ticks. */
const char *easel_vp8_encode(easel_vp8 *e, const easel_picture *p, const int32_t *rects, int count,
                             int64_t pts, int duration, int key, easel_frame *out);

/* Mean squared error of luma between p and the encoder's own reconstruction. */
double easel_vp8_error(easel_vp8 *e, const easel_picture *p);

#endif
