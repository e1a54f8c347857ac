#include "aom.h"

#include <stdlib.h>
#include <string.h>

static const char *reason(aom_codec_err_t err) {
  return err == AOM_CODEC_OK ? NULL : aom_codec_err_to_string(err);
}

easel_aom *easel_aom_new(void) { return calloc(1, sizeof(easel_aom)); }

/* Settings that never change. */
static const int settings[][2] = {
    {AV1E_SET_TUNE_CONTENT, AOM_CONTENT_SCREEN},
    {AV1E_SET_ENABLE_PALETTE, 0}, /* easel_aom_palettes */
    {AV1E_SET_ENABLE_INTRABC, 0}, /* only keyframes have it, and these must be quick */
    {AV1E_SET_AQ_MODE, 0},
    {AV1E_SET_DELTAQ_MODE, 0},
    {AV1E_SET_ENABLE_CHROMA_DELTAQ, 0},
    /* Without filters a block that is skipped stays as it is. */
    {AV1E_SET_LOOPFILTER_CONTROL, 0},
    {AV1E_SET_ENABLE_CDEF, 0},
    {AV1E_SET_ENABLE_RESTORATION, 0},
    {AV1E_SET_ENABLE_SUPERRES, 0},
    {AV1E_SET_SUPERBLOCK_SIZE, AOM_SUPERBLOCK_SIZE_64X64},
    {AV1E_SET_ROW_MT, 1},
    {AV1E_SET_GF_CBR_BOOST_PCT, 0},
    {AV1E_SET_NOISE_SENSITIVITY, 0},
    {AV1E_SET_ENABLE_TPL_MODEL, 0},
    {AV1E_SET_ENABLE_ORDER_HINT, 0},
    {AV1E_SET_ENABLE_OBMC, 0},
    {AV1E_SET_ENABLE_GLOBAL_MOTION, 0},
    {AV1E_SET_ENABLE_WARPED_MOTION, 0},
    {AV1E_SET_ENABLE_REF_FRAME_MVS, 0},
    {AV1E_SET_ENABLE_CFL_INTRA, 0},
    {AV1E_SET_ENABLE_SMOOTH_INTRA, 0},
    {AV1E_SET_ENABLE_FILTER_INTRA, 0},
    {AV1E_SET_ENABLE_ANGLE_DELTA, 0},
    {AV1E_SET_INTRA_DEFAULT_TX_ONLY, 1},
    {AV1E_SET_ENABLE_PAETH_INTRA, 0},
    {AV1E_SET_ENABLE_INTERINTRA_COMP, 0},
    {AV1E_SET_ENABLE_MASKED_COMP, 0},
    {AV1E_SET_ENABLE_ONESIDED_COMP, 0},
    {AV1E_SET_ENABLE_DIST_WTD_COMP, 0},
    {AV1E_SET_ENABLE_DUAL_FILTER, 0},
    {AV1E_SET_CDF_UPDATE_MODE, 1},
    {AV1E_SET_COEFF_COST_UPD_FREQ, 3},
    {AV1E_SET_MODE_COST_UPD_FREQ, 3},
    {AV1E_SET_MV_COST_UPD_FREQ, 3},
    {AV1E_SET_DV_COST_UPD_FREQ, 3},
};

/* Code points of ITU-T H.273: sRGB as it is, or BT.601. */
static aom_codec_err_t colours(aom_codec_ctx_t *c, int rgb) {
  aom_codec_err_t err;
  (void)((err = aom_codec_control(c, AV1E_SET_COLOR_PRIMARIES, rgb ? AOM_CICP_CP_BT_709 : AOM_CICP_CP_BT_601)) ||
         (err = aom_codec_control(c, AV1E_SET_TRANSFER_CHARACTERISTICS, rgb ? AOM_CICP_TC_SRGB : AOM_CICP_TC_BT_601)) ||
         (err = aom_codec_control(c, AV1E_SET_MATRIX_COEFFICIENTS, rgb ? AOM_CICP_MC_IDENTITY : AOM_CICP_MC_BT_601)) ||
         (err = aom_codec_control(c, AV1E_SET_COLOR_RANGE, rgb ? AOM_CR_FULL_RANGE : AOM_CR_STUDIO_RANGE)));
  return err;
}

const char *easel_aom_init(easel_aom *e, int format, int width, int height, int kbps, int threads, int speed) {
  aom_codec_iface_t *iface = aom_codec_av1_cx();
  aom_codec_enc_cfg_t *c = &e->config;
  aom_codec_err_t err = aom_codec_enc_config_default(iface, c, AOM_USAGE_REALTIME);
  if (err) return reason(err);
  c->g_w = width;
  c->g_h = height;
  c->g_threads = threads;
  c->g_timebase.num = 1;
  c->g_timebase.den = 90000;
  c->g_pass = AOM_RC_ONE_PASS;
  c->g_profile = format == EASEL_GBR;
  c->g_lag_in_frames = 0;
  c->g_error_resilient = 0;
  c->kf_mode = AOM_KF_DISABLED;
  c->rc_end_usage = AOM_CBR;
  c->rc_target_bitrate = kbps;
  c->rc_dropframe_thresh = 0;
  c->rc_undershoot_pct = 100;
  c->rc_overshoot_pct = 15;
  c->rc_buf_sz = 1000;
  c->rc_buf_initial_sz = 600;
  c->rc_buf_optimal_sz = 600;
  c->rc_min_quantizer = 2;
  c->rc_max_quantizer = 56;
  if (easel_picture_init(&e->seen, format, width, height)) return "no memory";
  if ((err = aom_codec_enc_init(&e->codec, iface, c, 0))) return reason(err);
  e->speed = speed;
  if ((err = aom_codec_control(&e->codec, AOME_SET_CPUUSED, speed))) return reason(err);
  for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
    if ((err = (aom_codec_control)(&e->codec, settings[i][0], settings[i][1]))) return reason(err);
  return reason(colours(&e->codec, format == EASEL_GBR));
}

void easel_aom_free(easel_aom *e) {
  if (e->codec.iface) aom_codec_destroy(&e->codec);
  easel_picture_free(&e->seen);
  free(e);
}

const char *easel_aom_config(easel_aom *e, int kbps, int min_quantizer, int max_quantizer) {
  int lossless = max_quantizer == 0;
  /* At a constant bitrate libaom 3.6 has no frame lossless from the tenth to the
     fifteenth on, and says so by an assertion. And at its higher speeds it skips
     blocks that are almost right. */
  e->config.rc_end_usage = lossless ? AOM_Q : AOM_CBR;
  e->config.rc_target_bitrate = kbps;
  e->config.rc_min_quantizer = min_quantizer;
  e->config.rc_max_quantizer = max_quantizer;
  aom_codec_err_t err;
  (void)((err = aom_codec_control(&e->codec, AOME_SET_CPUUSED, lossless ? 6 : e->speed)) ||
         (err = aom_codec_enc_config_set(&e->codec, &e->config)));
  return reason(err);
}

const char *easel_aom_palettes(easel_aom *e, int on) {
  return reason(aom_codec_control(&e->codec, AV1E_SET_ENABLE_PALETTE, on));
}

static void copy(easel_picture *to, uint8_t *const plane[3], const int stride[3], const int32_t *rects, int count) {
  for (; count > 0; count--, rects += 4)
    easel_picture_copy(to, plane, stride, rects[0], rects[1], rects[2] - rects[0], rects[3] - rects[1]);
}

/* Frames refer to the last one and to no other: there it is, whatever they need. */
static const aom_enc_frame_flags_t only_last =
    AOM_EFLAG_NO_REF_LAST2 | AOM_EFLAG_NO_REF_LAST3 | AOM_EFLAG_NO_REF_GF |
    AOM_EFLAG_NO_REF_BWD | AOM_EFLAG_NO_REF_ARF | AOM_EFLAG_NO_REF_ARF2;

const char *easel_aom_encode(easel_aom *e, const easel_picture *p, const int32_t *rects, int count,
                             int64_t pts, int duration, int key, easel_frame *out) {
  aom_codec_err_t err;
  aom_image_t img;
  int32_t all[] = {0, 0, p->width, p->height};
  memset(out, 0, sizeof *out);
  if (key) rects = all, count = 1;
  copy(&e->seen, p->plane, p->stride, rects, count);
  aom_img_wrap(&img, p->format == EASEL_GBR ? AOM_IMG_FMT_I444 : AOM_IMG_FMT_I420, p->width, p->height, 1,
               e->seen.plane[0]);
  for (int i = 0; i < 3; i++) {
    img.planes[i] = e->seen.plane[i];
    img.stride[i] = e->seen.stride[i];
  }
  err = aom_codec_encode(&e->codec, &img, pts, duration, key ? AOM_EFLAG_FORCE_KF : only_last);
  if (err) return reason(err);

  aom_codec_iter_t iter = NULL;
  const aom_codec_cx_pkt_t *pkt;
  while ((pkt = aom_codec_get_cx_data(&e->codec, &iter))) {
    if (pkt->kind != AOM_CODEC_CX_FRAME_PKT) continue;
    out->data = pkt->data.frame.buf;
    out->size = pkt->data.frame.sz;
    out->key = (pkt->data.frame.flags & AOM_FRAME_IS_KEY) != 0;
  }
  aom_codec_control(&e->codec, AOME_GET_LAST_QUANTIZER_64, &out->quantizer);
  const aom_image_t *is = aom_codec_get_preview_frame(&e->codec);
  if (!is) return "no reconstruction";
  copy(&e->seen, is->planes, is->stride, rects, count);
  return NULL;
}
