#include "picture.h"

#include <libyuv.h>
#include <stdlib.h>
#include <string.h>

static int align(int n, int to) { return (n + to - 1) / to * to; }

int easel_picture_init(easel_picture *p, int format, int width, int height) {
  int rows = align(height, 16), halved = format == EASEL_I420;
  memset(p, 0, sizeof *p);
  p->format = format;
  p->width = width;
  p->height = height;
  size_t size[3], all = 0;
  for (int i = 0; i < 3; i++) {
    p->stride[i] = align(width, 64) >> (halved && i > 0);
    size[i] = (size_t)p->stride[i] * (rows >> (halved && i > 0));
    all += size[i];
  }
  p->memory = aligned_alloc(64, (all + 63) / 64 * 64);
  if (!p->memory) return -1;
  p->plane[0] = p->memory;
  p->plane[1] = p->plane[0] + size[0];
  p->plane[2] = p->plane[1] + size[1];
  memset(p->plane[0], halved ? 16 : 0, size[0]);
  memset(p->plane[1], halved ? 128 : 0, size[1] + size[2]);
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

/* What a plane's sides are divided by. */
static int divisor(const easel_picture *p, int plane) { return p->format == EASEL_I420 && plane > 0 ? 2 : 1; }

static void extend_all(easel_picture *p, int x, int y, int w, int h) {
  for (int i = 0; i < 3; i++) {
    int d = divisor(p, i);
    extend(p->plane[i], p->stride[i], (p->width + d - 1) / d, (p->height + d - 1) / d, 4 / d,
           x / d, y / d, (w + d - 1) / d, (h + d - 1) / d);
  }
}

int easel_picture_update(easel_picture *p, const uint8_t *bgrx, int bgrx_stride,
                         int x, int y, int width, int height) {
  if (p->format == EASEL_GBR) {
    uint8_t *at[3];
    for (int i = 0; i < 3; i++) at[i] = p->plane[i] + y * p->stride[i] + x;
    SplitARGBPlane(bgrx, bgrx_stride, at[2], p->stride[2], at[0], p->stride[0], at[1], p->stride[1],
                   NULL, 0, width, height);
    extend_all(p, x, y, width, height);
    return 0;
  }
  int c = y / 2 * p->stride[1] + x / 2;
  int r = ARGBToI420(bgrx, bgrx_stride, p->plane[0] + y * p->stride[0] + x, p->stride[0],
                     p->plane[1] + c, p->stride[1], p->plane[2] + c, p->stride[2], width, height);
  extend_all(p, x, y, width, height);
  return r;
}

void easel_picture_halve(easel_picture *p, const easel_picture *from,
                         int x, int y, int width, int height) {
  int w = align(width, 4), h = align(height, 4);
  for (int i = 0; i < 3; i++) {
    int d = divisor(p, i);
    ScalePlane(from->plane[i] + y / d * from->stride[i] + x / d, from->stride[i], w / d, h / d,
               p->plane[i] + y / d / 2 * p->stride[i] + x / d / 2, p->stride[i], w / d / 2, h / d / 2,
               kFilterBox);
  }
}

/* The part of a plane that a rectangle of the picture covers. */
typedef struct {
  int x, y, width, height;
} part;

static part part_of(const easel_picture *p, int plane, int x, int y, int width, int height) {
  int half = divisor(p, plane) == 2;
  part of = {x >> half, y >> half};
  of.width = ((x + width + half) >> half) - of.x;
  of.height = ((y + height + half) >> half) - of.y;
  return of;
}

void easel_picture_copy(easel_picture *p, uint8_t *const plane[3], const int stride[3],
                        int x, int y, int width, int height) {
  for (int i = 0; i < 3; i++) {
    part a = part_of(p, i, x, y, width, height);
    for (int row = a.y; row < a.y + a.height; row++)
      memcpy(p->plane[i] + row * p->stride[i] + a.x, plane[i] + row * stride[i] + a.x, a.width);
  }
}

int easel_picture_equal(const easel_picture *p, uint8_t *const plane[3], const int stride[3],
                        int x, int y, int width, int height) {
  for (int i = 0; i < 3; i++) {
    part a = part_of(p, i, x, y, width, height);
    for (int row = a.y; row < a.y + a.height; row++)
      if (memcmp(p->plane[i] + row * p->stride[i] + a.x, plane[i] + row * stride[i] + a.x, a.width)) return 0;
  }
  return 1;
}

double easel_picture_error(const easel_picture *p, const uint8_t *plane, int stride) {
  double sum = 0;
  for (int y = 0; y < p->height; y++)
    for (int x = 0; x < p->width; x++) {
      int d = plane[y * stride + x] - p->plane[0][y * p->stride[0] + x];
      sum += d * d;
    }
  return sum / p->width / p->height;
}
