#ifndef EASEL_AOM_H
#define EASEL_AOM_H

#include <aom/aom_encoder.h>
#include <aom/aomcx.h>
#include <stdint.h>

#include "frame.h"
#include "picture.h"

/* One AV1 encoder. It is given what receivers see already, except where
   something changed: there is nothing to encode elsewhere. */
typedef struct {
  aom_codec_ctx_t codec;
  aom_codec_enc_cfg_t config;
  easel_picture seen;
  int speed;
} easel_aom;

/* Functions that can fail return NULL or the reason, which is never freed. */
easel_aom *easel_aom_new(void);
const char *easel_aom_init(easel_aom *e, int format, int width, int height, int kbps, int threads, int speed);
void easel_aom_free(easel_aom *e);

/* Changes bitrate and quantizers, which are from 0 to 63. If 0 is the worst, frames
   are lossless. */
const char *easel_aom_config(easel_aom *e, int kbps, int min_quantizer, int max_quantizer);

/* Has the next frames try palettes, or not. */
const char *easel_aom_palettes(easel_aom *e, int on);

/* Encodes p. rects are count times x0, y0, x1, y1 in pixels, multiples of a
   superblock's side or at the picture's edge: what changed since the last frame.
   pts and duration are in 90 kHz ticks. */
const char *easel_aom_encode(easel_aom *e, const easel_picture *p, const int32_t *rects, int count,
                             int64_t pts, int duration, int key, easel_frame *out);

#endif
