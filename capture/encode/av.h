#ifndef EASEL_AV_H
#define EASEL_AV_H

#include <libavcodec/avcodec.h>
#include <libavutil/buffer.h>
#include <libavutil/frame.h>
#include <stdint.h>

#include "frame.h"
#include "picture.h"

/* One H.264 encoder of libavcodec. */
typedef struct {
  AVCodecContext *codec;
  AVFrame *frame;   /* the picture, not copied, or as NV12 for the GPU */
  AVFrame *surface; /* the frame in the GPU's memory; unused without one */
  AVPacket *packet;
  char reason[AV_ERROR_MAX_STRING_SIZE];
} easel_av;

/* Functions that can fail return NULL or the reason, which lives as long as e. */
easel_av *easel_av_new(void);
void easel_av_free(easel_av *e);

/* Opens the encoder of that name with options in the form a=b:c=d. Odd sides are
   rounded up. device is where a VA-API GPU is, or NULL. */
const char *easel_av_open(easel_av *e, const char *name, const char *options, const char *device,
                          int width, int height, int kbps);

/* Changes the bitrate from the next frame, of encoders that can. */
void easel_av_bitrate(easel_av *e, int kbps);

/* Encodes p at pts, in 90 kHz ticks. rects are count times x0, y0, x1, y1 in
   pixels; within them quantizers, from 0 to 51, are better by that many steps. */
const char *easel_av_encode(easel_av *e, const easel_picture *p, const int32_t *rects, int count,
                            int better, int64_t pts, int key, easel_frame *out);

#endif
