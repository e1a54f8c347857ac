#include "vp8.h"

#include <stdlib.h>
#include <string.h>

static const char *reason(easel_vp8 *e, vpx_codec_err_t err) {
  return err == VPX_CODEC_OK ? NULL : vpx_codec_err_to_string(err);
}

easel_vp8 *easel_vp8_new(void) { return calloc(1, sizeof(easel_vp8)); }

const char *easel_vp8_init(easel_vp8 *e, int width, int height, int kbps, int threads, int speed) {
  vpx_codec_enc_cfg_t *c = &e->config;
  vpx_codec_err_t err = vpx_codec_enc_config_default(vpx_codec_vp8_cx(), c, 0);
  if (err) return vpx_codec_err_to_string(err);
  c->g_w = width;
  c->g_h = height;
  c->g_threads = threads;
  c->g_timebase.num = 1;
  c->g_timebase.den = 90000;
  c->g_pass = VPX_RC_ONE_PASS;
  /* No loop filter and bilinear prediction: a quarter faster here and in the
     decoder, sharper text, and what is skipped frame after frame stays as it is. */
  c->g_profile = 2;
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

  if ((err = vpx_codec_enc_init(&e->codec, vpx_codec_vp8_cx(), c, 0)) ||
      (err = vpx_codec_control(&e->codec, VP8E_SET_CPUUSED, -speed)) ||
      (err = vpx_codec_control(&e->codec, VP8E_SET_SCREEN_CONTENT_MODE, 1)) ||
      (err = vpx_codec_control(&e->codec, VP8E_SET_STATIC_THRESHOLD, 1)) ||
      (err = vpx_codec_control(&e->codec, VP8E_SET_NOISE_SENSITIVITY, 0)) ||
      (err = vpx_codec_control(&e->codec, VP8E_SET_TOKEN_PARTITIONS, VP8_ONE_TOKENPARTITION)))
    return vpx_codec_err_to_string(err);
  return NULL;
}

void easel_vp8_free(easel_vp8 *e) {
  if (e->codec.iface) vpx_codec_destroy(&e->codec);
  free(e->map.active_map);
  free(e);
}

const char *easel_vp8_config(easel_vp8 *e, int kbps, int min_quantizer, int max_quantizer, int refine) {
  vpx_codec_err_t err = vpx_codec_control(&e->codec, VP8E_SET_SCREEN_CONTENT_MODE, refine ? 0 : 1);
  if (err) return vpx_codec_err_to_string(err);
  e->config.rc_target_bitrate = kbps;
  e->config.rc_min_quantizer = min_quantizer;
  e->config.rc_max_quantizer = max_quantizer;
  return reason(e, vpx_codec_enc_config_set(&e->codec, &e->config));
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
  vpx_img_wrap(img, VPX_IMG_FMT_I420, p->width, p->height, 1, p->y);
  img->planes[VPX_PLANE_Y] = p->y;
  img->planes[VPX_PLANE_U] = p->u;
  img->planes[VPX_PLANE_V] = p->v;
  img->stride[VPX_PLANE_Y] = p->stride;
  img->stride[VPX_PLANE_U] = img->stride[VPX_PLANE_V] = p->chroma_stride;
}

const char *easel_vp8_encode(easel_vp8 *e, const easel_picture *p, const int32_t *rects, int count,
                             int64_t pts, int duration, int key, easel_frame *out) {
  vpx_codec_err_t err;
  vpx_image_t img;
  memset(out, 0, sizeof *out);
  wrap(&img, p);
  mark(&e->map, rects, count);
  if ((err = vpx_codec_control(&e->codec, VP8E_SET_ACTIVEMAP, &e->map))) return reason(e, err);
  err = vpx_codec_encode(&e->codec, &img, pts, duration, key ? VPX_EFLAG_FORCE_KF : 0, VPX_DL_REALTIME);
  if (err) return reason(e, err);

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

double easel_vp8_error(easel_vp8 *e, const easel_picture *p) {
  const vpx_image_t *img = vpx_codec_get_preview_frame(&e->codec);
  if (!img) return -1;
  double sum = 0;
  for (int y = 0; y < p->height; y++)
    for (int x = 0; x < p->width; x++) {
      int d = img->planes[0][y * img->stride[0] + x] - p->y[y * p->stride + x];
      sum += d * d;
    }
  return sum / p->width / p->height;
}
