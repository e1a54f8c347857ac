#ifndef EASEL_PICTURE_H
#define EASEL_PICTURE_H

#include <stdint.h>

/* A persistent I420 frame. Strides and rows are padded to whole macroblocks, and
   the padding next to the picture repeats its last column and row. */
typedef struct {
  int width, height;
  int stride, chroma_stride;
  uint8_t *y, *u, *v;
  uint8_t *memory;
} easel_picture;

int easel_picture_init(easel_picture *p, int width, int height);
void easel_picture_free(easel_picture *p);

/* Converts BGRX pixels into the rectangle at x, y, which are even. */
int easel_picture_update(easel_picture *p, const uint8_t *bgrx, int bgrx_stride,
                         int x, int y, int width, int height);

/* Scales the rectangle of from, whose sides are multiples of 4 or the picture's
   own edges, to half into p. */
int easel_picture_halve(easel_picture *p, const easel_picture *from,
                        int x, int y, int width, int height);

#endif
