#include "vpx.h"

#include <stdlib.h>
#include <string.h>

static const char *reason(vpx_codec_err_t err) {
  return err == VPX_CODEC_OK ? NULL : vpx_codec_err_to_string(err);
}

easel_vpx *easel_vpx_new(void) { return calloc(1, sizeof(easel_vpx)); }

/* Settings that are the same for every stream of a screen: one pass at a
   constant bitrate, nothing queued, nothing dropped, keyframes only on request. */
static const char *start(easel_vpx *e, vpx_codec_iface_t *iface, int profile, int width, int height,
                         int kbps, int threads) {
  vpx_codec_enc_cfg_t *c = &e->config;
  vpx_codec_err_t err = vpx_codec_enc_config_default(iface, c, 0);
  if (err) return reason(err);
  c->g_w = width;
  c->g_h = height;
  c->g_threads = threads;
  c->g_timebase.num = 1;
  c->g_timebase.den = 90000;
  c->g_pass = VPX_RC_ONE_PASS;
  c->g_profile = profile;
  c->g_lag_in_frames = 0;
  c->g_error_resilient = 0;
  c->kf_mode = VPX_KF_DISABLED;
  c->rc_end_usage = VPX_CBR;
  c->rc_target_bitrate = kbps;
  c->rc_dropframe_thresh = 0;
  c->rc_resize_allowed = 0;
  c->rc_undershoot_pct = 100;
  c->rc_overshoot_pct = 15;
  c->rc_buf_sz = 1000;
  c->rc_buf_initial_sz = 600;
  c->rc_buf_optimal_sz = 600;
  c->rc_min_quantizer = 2;
  c->rc_max_quantizer = 56;
  e->map.rows = (height + 15) / 16;
  e->map.cols = (width + 15) / 16;
  e->map.active_map = malloc((size_t)e->map.rows * e->map.cols);
  if (!e->map.active_map) return "no memory";
  return reason(vpx_codec_enc_init(&e->codec, iface, c, 0));
}

const char *easel_vp8_init(easel_vpx *e, int width, int height, int kbps, int threads, int speed) {
  /* Profile 2 has no loop filter and bilinear prediction: a quarter faster here
     and in the decoder, sharper text, and what is skipped frame after frame
     stays as it is. */
  const char *why = start(e, vpx_codec_vp8_cx(), 2, width, height, kbps, threads);
  if (why) return why;
  vpx_codec_err_t err;
  (void)((err = vpx_codec_control(&e->codec, VP8E_SET_CPUUSED, -speed)) ||
         (err = vpx_codec_control(&e->codec, VP8E_SET_SCREEN_CONTENT_MODE, 1)) ||
         (err = vpx_codec_control(&e->codec, VP8E_SET_STATIC_THRESHOLD, 1)) ||
         (err = vpx_codec_control(&e->codec, VP8E_SET_NOISE_SENSITIVITY, 0)) ||
         (err = vpx_codec_control(&e->codec, VP8E_SET_TOKEN_PARTITIONS, VP8_ONE_TOKENPARTITION)));
  return reason(err);
}

const char *easel_vp9_init(easel_vpx *e, int width, int height, int full, int kbps, int threads, int speed) {
  const char *why = start(e, vpx_codec_vp9_cx(), full ? 1 : 0, width, height, kbps, threads);
  if (why) return why;
  vpx_codec_err_t err;
  (void)((err = vpx_codec_control(&e->codec, VP8E_SET_CPUUSED, speed)) ||
         (err = vpx_codec_control(&e->codec, VP9E_SET_TUNE_CONTENT, VP9E_CONTENT_SCREEN)) ||
         (err = vpx_codec_control(&e->codec, VP9E_SET_AQ_MODE, 0)) ||
         /* Without loop filter a block that is skipped stays as it is, whatever
            happens beside it: what is exact stays exact. */
         (err = vpx_codec_control(&e->codec, VP9E_SET_DISABLE_LOOPFILTER, 2)) ||
         (err = vpx_codec_control(&e->codec, VP9E_SET_GF_CBR_BOOST_PCT, 0)) ||
         (err = vpx_codec_control(&e->codec, VP9E_SET_FRAME_PARALLEL_DECODING, 0)) ||
         (err = vpx_codec_control(&e->codec, VP8E_SET_STATIC_THRESHOLD, 1)) ||
         (err = vpx_codec_control(&e->codec, VP9E_SET_NOISE_SENSITIVITY, 0)) ||
         (err = vpx_codec_control(&e->codec, VP9E_SET_COLOR_SPACE, full ? VPX_CS_SRGB : VPX_CS_BT_601)) ||
         (err = vpx_codec_control(&e->codec, VP9E_SET_COLOR_RANGE, full ? VPX_CR_FULL_RANGE : VPX_CR_STUDIO_RANGE)));
  return reason(err);
}

void easel_vpx_free(easel_vpx *e) {
  if (e->codec.iface) vpx_codec_destroy(&e->codec);
  free(e->map.active_map);
  free(e);
}

const char *easel_vpx_config(easel_vpx *e, int kbps, int min_quantizer, int max_quantizer) {
  e->config.rc_target_bitrate = kbps;
  e->config.rc_min_quantizer = min_quantizer;
  e->config.rc_max_quantizer = max_quantizer;
  return reason(vpx_codec_enc_config_set(&e->codec, &e->config));
}

const char *easel_vp8_refine(easel_vpx *e, int refine) {
  return reason(vpx_codec_control(&e->codec, VP8E_SET_SCREEN_CONTENT_MODE, refine ? 0 : 1));
}

const char *easel_vp9_columns(easel_vpx *e, int log2) {
  return reason(vpx_codec_control(&e->codec, VP9E_SET_TILE_COLUMNS, log2));
}

static int clamp(int n, int max) { return n < 0 ? 0 : n > max ? max : n; }

static void mark(vpx_active_map_t *m, const int32_t *rects, int count) {
  memset(m->active_map, 0, (size_t)m->rows * m->cols);
  for (; count > 0; count--, rects += 4) {
    int x0 = clamp(rects[0] / 16, m->cols), x1 = clamp((rects[2] + 15) / 16, m->cols);
    int y0 = clamp(rects[1] / 16, m->rows), y1 = clamp((rects[3] + 15) / 16, m->rows);
    for (int y = y0; x0 < x1 && y < y1; y++)
      memset(m->active_map + y * m->cols + x0, 1, x1 - x0);
  }
}

/* Describes a picture to libvpx without copying it. */
static void wrap(vpx_image_t *img, const easel_picture *p) {
  vpx_img_wrap(img, p->format == EASEL_GBR ? VPX_IMG_FMT_I444 : VPX_IMG_FMT_I420, p->width, p->height, 1,
               p->plane[0]);
  for (int i = 0; i < 3; i++) {
    img->planes[i] = p->plane[i];
    img->stride[i] = p->stride[i];
  }
}

const char *easel_vpx_encode(easel_vpx *e, const easel_picture *p, const int32_t *rects, int count,
                             int64_t pts, int duration, int key, easel_frame *out) {
  vpx_codec_err_t err;
  vpx_image_t img;
  memset(out, 0, sizeof *out);
  wrap(&img, p);
  mark(&e->map, rects, count);
  if ((err = vpx_codec_control(&e->codec, VP8E_SET_ACTIVEMAP, &e->map))) return reason(err);
  err = vpx_codec_encode(&e->codec, &img, pts, duration, key ? VPX_EFLAG_FORCE_KF : 0, VPX_DL_REALTIME);
  if (err) return reason(err);

  vpx_codec_iter_t iter = NULL;
  const vpx_codec_cx_pkt_t *pkt;
  while ((pkt = vpx_codec_get_cx_data(&e->codec, &iter))) {
    if (pkt->kind != VPX_CODEC_CX_FRAME_PKT) continue;
    out->data = pkt->data.frame.buf;
    out->size = pkt->data.frame.sz;
    out->key = (pkt->data.frame.flags & VPX_FRAME_IS_KEY) != 0;
  }
  vpx_codec_control(&e->codec, VP8E_GET_LAST_QUANTIZER_64, &out->quantizer);
  return NULL;
}

int easel_vpx_exact(easel_vpx *e, const easel_picture *p, int x, int y, int width, int height) {
  const vpx_image_t *img = vpx_codec_get_preview_frame(&e->codec);
  return img && easel_picture_equal(p, img->planes, img->stride, x, y, width, height);
}

double easel_vpx_error(easel_vpx *e, const easel_picture *p) {
  const vpx_image_t *img = vpx_codec_get_preview_frame(&e->codec);
  return img ? easel_picture_error(p, img->planes[0], img->stride[0]) : -1;
}
