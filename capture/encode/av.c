#include "av.h"

#include <libavutil/dict.h>
#include <libavutil/hwcontext.h>
#include <libavutil/log.h>
#include <libyuv/convert_from.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static const char *reason(easel_av *e, int err) {
  if (err >= 0) return NULL;
  av_strerror(err, e->reason, sizeof e->reason);
  return e->reason;
}

easel_av *easel_av_new(void) {
  /* What goes wrong is returned; libavcodec's own words are for terminals. */
  av_log_set_level(AV_LOG_QUIET);
  return calloc(1, sizeof(easel_av));
}

void easel_av_free(easel_av *e) {
  avcodec_free_context(&e->codec);
  av_frame_free(&e->frame);
  av_frame_free(&e->surface);
  av_packet_free(&e->packet);
  free(e);
}

/* Has the encoder take its pictures from the memory of a GPU. */
static int use_gpu(easel_av *e, const char *path) {
  AVCodecContext *c = e->codec;
  int err = av_hwdevice_ctx_create(&c->hw_device_ctx, AV_HWDEVICE_TYPE_VAAPI, path, NULL, 0);
  if (err < 0) return err;
  if (!(c->hw_frames_ctx = av_hwframe_ctx_alloc(c->hw_device_ctx))) return AVERROR(ENOMEM);
  AVHWFramesContext *frames = (AVHWFramesContext *)c->hw_frames_ctx->data;
  frames->format = c->pix_fmt = AV_PIX_FMT_VAAPI;
  frames->sw_format = AV_PIX_FMT_NV12;
  frames->width = c->width;
  frames->height = c->height;
  frames->initial_pool_size = 4;
  if ((err = av_hwframe_ctx_init(c->hw_frames_ctx)) < 0) return err;
  e->frame->format = AV_PIX_FMT_NV12;
  e->frame->width = c->width;
  e->frame->height = c->height;
  return av_frame_get_buffer(e->frame, 0);
}

const char *easel_av_open(easel_av *e, const char *name, const char *options, const char *device,
                          int width, int height, int kbps) {
  const AVCodec *codec = avcodec_find_encoder_by_name(name);
  if (!codec) return "not in this libavcodec";
  AVCodecContext *c = e->codec = avcodec_alloc_context3(codec);
  e->frame = av_frame_alloc();
  e->surface = av_frame_alloc();
  e->packet = av_packet_alloc();
  if (!c || !e->frame || !e->surface || !e->packet) return "no memory";
  c->width = (width + 1) & ~1;
  c->height = (height + 1) & ~1;
  c->pix_fmt = AV_PIX_FMT_YUV420P;
  c->time_base = (AVRational){1, 90000};
  c->framerate = (AVRational){60, 1};
  c->gop_size = INT_MAX; /* keyframes only on request */
  c->max_b_frames = 0;
  c->refs = 1;
  /* One slice and one thread: a frame is done when it is sent. */
  c->slices = 1;
  c->thread_count = 1;
  c->flags |= AV_CODEC_FLAG_LOW_DELAY;
  c->color_primaries = AVCOL_PRI_SMPTE170M;
  c->color_trc = AVCOL_TRC_SMPTE170M;
  c->colorspace = AVCOL_SPC_SMPTE170M;
  c->color_range = AVCOL_RANGE_MPEG;
  easel_av_bitrate(e, kbps);
  AVDictionary *settings = NULL;
  int err = av_dict_parse_string(&settings, options, "=", ":", 0);
  if (err >= 0 && device) err = use_gpu(e, device);
  if (err >= 0) err = avcodec_open2(c, codec, &settings);
  if (err >= 0 && av_dict_count(settings) > 0) err = AVERROR_OPTION_NOT_FOUND;
  av_dict_free(&settings);
  return reason(e, err);
}

void easel_av_bitrate(easel_av *e, int kbps) {
  AVCodecContext *c = e->codec;
  c->bit_rate = c->rc_max_rate = (int64_t)kbps * 1000;
  c->rc_buffer_size = kbps > INT_MAX / 1000 ? INT_MAX : kbps * 1000; /* a second of it */
}

static void unowned(void *opaque, uint8_t *data) {
  (void)opaque;
  (void)data;
}

/* Describes a picture to libavcodec without copying it: what has no owner it
   would copy. */
static int wrap(AVFrame *f, const AVCodecContext *c, const easel_picture *p) {
  av_frame_unref(f);
  f->format = AV_PIX_FMT_YUV420P;
  f->width = c->width;
  f->height = c->height;
  for (int i = 0; i < 3; i++) {
    size_t size = (size_t)p->stride[i] * (i ? c->height / 2 : c->height);
    if (!(f->buf[i] = av_buffer_create(p->plane[i], size, unowned, NULL, AV_BUFFER_FLAG_READONLY)))
      return AVERROR(ENOMEM);
    f->data[i] = p->plane[i];
    f->linesize[i] = p->stride[i];
  }
  return 0;
}

/* Brings a picture into the memory of the GPU. */
static int upload(easel_av *e, const easel_picture *p) {
  AVFrame *f = e->frame;
  int err = av_frame_make_writable(f);
  if (err < 0) return err;
  I420ToNV12(p->plane[0], p->stride[0], p->plane[1], p->stride[1], p->plane[2], p->stride[2],
             f->data[0], f->linesize[0], f->data[1], f->linesize[1], f->width, f->height);
  av_frame_unref(e->surface);
  if ((err = av_hwframe_get_buffer(e->codec->hw_frames_ctx, e->surface, 0)) < 0) return err;
  return av_hwframe_transfer_data(e->surface, f, 0);
}

/* Asks for better quantizers within rectangles; 51 steps are all there are. */
static int sharpen(AVFrame *f, const int32_t *rects, int count, int better) {
  if (!count || !better) return 0;
  AVFrameSideData *side =
      av_frame_new_side_data(f, AV_FRAME_DATA_REGIONS_OF_INTEREST, count * sizeof(AVRegionOfInterest));
  if (!side) return AVERROR(ENOMEM);
  AVRegionOfInterest *regions = (AVRegionOfInterest *)side->data;
  for (int i = 0; i < count; i++, rects += 4)
    regions[i] = (AVRegionOfInterest){
        .self_size = sizeof *regions,
        .left = rects[0], .top = rects[1], .right = rects[2], .bottom = rects[3],
        .qoffset = {-better, 51},
    };
  return 0;
}

static int quantizer(const AVPacket *p) {
  const uint8_t *stats = av_packet_get_side_data(p, AV_PKT_DATA_QUALITY_STATS, NULL);
  if (!stats) return 0;
  uint32_t lambda = stats[0] | stats[1] << 8 | stats[2] << 16 | (uint32_t)stats[3] << 24;
  return lambda / FF_QP2LAMBDA;
}

const char *easel_av_encode(easel_av *e, const easel_picture *p, const int32_t *rects, int count,
                            int better, int64_t pts, int key, easel_frame *out) {
  memset(out, 0, sizeof *out);
  int gpu = e->codec->hw_frames_ctx != NULL;
  AVFrame *f = gpu ? e->surface : e->frame;
  int err = gpu ? upload(e, p) : wrap(f, e->codec, p);
  if (err >= 0) err = sharpen(f, rects, count, better);
  if (err < 0) return reason(e, err);
  f->pts = pts;
  f->pict_type = key ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
  err = avcodec_send_frame(e->codec, f);
  if (err >= 0) err = avcodec_receive_packet(e->codec, e->packet);
  if (err < 0) return reason(e, err);
  out->data = e->packet->data;
  out->size = e->packet->size;
  out->key = (e->packet->flags & AV_PKT_FLAG_KEY) != 0;
  out->quantizer = quantizer(e->packet);
  return NULL;
}
