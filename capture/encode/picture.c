#include "picture.h"

#include <libyuv.h>
#include <stdlib.h>
#include <string.h>

static int align(int n, int to) { return (n + to - 1) / to * to; }

int easel_picture_init(easel_picture *p, int width, int height) {
  int rows = align(height, 16);
  memset(p, 0, sizeof *p);
  p->width = width;
  p->height = height;
  p->stride = align(width, 64);
  p->chroma_stride = p->stride / 2;
  size_t luma = (size_t)p->stride * rows, chroma = luma / 4;
  p->memory = aligned_alloc(64, align(luma + 2 * chroma, 64));
  if (!p->memory) return -1;
  p->y = p->memory;
  p->u = p->y + luma;
  p->v = p->u + chroma;
  memset(p->y, 16, luma);
  memset(p->u, 128, 2 * chroma);
  return 0;
}

void easel_picture_free(easel_picture *p) {
  free(p->memory);
  memset(p, 0, sizeof *p);
}

/* Repeats the last column and row of a plane up to a multiple of `to`, within
   the rows and columns that an update touched. */
static void extend(uint8_t *plane, int stride, int width, int height, int to,
                   int x, int y, int w, int h) {
  int right = align(width, to), bottom = align(height, to);
  if (x + w >= width)
    for (int row = y; row < y + h; row++)
      memset(plane + row * stride + width, plane[row * stride + width - 1], right - width);
  if (y + h >= height)
    for (int row = height; row < bottom; row++)
      memcpy(plane + row * stride + x, plane + (height - 1) * stride + x,
             (x + w >= width ? right : x + w) - x);
}

static void extend_all(easel_picture *p, int x, int y, int w, int h) {
  int cw = (p->width + 1) / 2, ch = (p->height + 1) / 2;
  extend(p->y, p->stride, p->width, p->height, 4, x, y, w, h);
  extend(p->u, p->chroma_stride, cw, ch, 2, x / 2, y / 2, (w + 1) / 2, (h + 1) / 2);
  extend(p->v, p->chroma_stride, cw, ch, 2, x / 2, y / 2, (w + 1) / 2, (h + 1) / 2);
}

int easel_picture_update(easel_picture *p, const uint8_t *bgrx, int bgrx_stride,
                         int x, int y, int width, int height) {
  int c = y / 2 * p->chroma_stride + x / 2;
  int r = ARGBToI420(bgrx, bgrx_stride, p->y + y * p->stride + x, p->stride,
                     p->u + c, p->chroma_stride, p->v + c, p->chroma_stride,
                     width, height);
  extend_all(p, x, y, width, height);
  return r;
}

int easel_picture_halve(easel_picture *p, const easel_picture *from,
                        int x, int y, int width, int height) {
  int w = align(width, 4), h = align(height, 4);
  int c = y / 2 * from->chroma_stride + x / 2;
  int hc = y / 4 * p->chroma_stride + x / 4;
  int r = I420Scale(from->y + y * from->stride + x, from->stride,
                    from->u + c, from->chroma_stride, from->v + c, from->chroma_stride, w, h,
                    p->y + y / 2 * p->stride + x / 2, p->stride,
                    p->u + hc, p->chroma_stride, p->v + hc, p->chroma_stride, w / 2, h / 2,
                    kFilterBox);
  return r;
}
