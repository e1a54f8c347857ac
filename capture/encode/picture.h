#ifndef EASEL_PICTURE_H
#define EASEL_PICTURE_H

#include <stdint.h>

enum { EASEL_I420, EASEL_GBR };

/* A persistent frame of three planes: Y, U, V with halved chroma, or G, B, R.
   Strides and rows are padded to whole macroblocks, and the padding next to the
   picture repeats its last column and row. */
typedef struct {
  int format;
  int width, height;
  int stride[3];
  uint8_t *plane[3];
  uint8_t *memory;
} easel_picture;

int easel_picture_init(easel_picture *p, int format, int width, int height);
void easel_picture_free(easel_picture *p);

/* Converts BGRX pixels into the rectangle at x, y, which are even. */
int easel_picture_update(easel_picture *p, const uint8_t *bgrx, int bgrx_stride,
                         int x, int y, int width, int height);

/* Scales the rectangle of from, whose sides are multiples of 4 or the picture's
   own edges, to half into p, which has the same format. */
void easel_picture_halve(easel_picture *p, const easel_picture *from,
                         int x, int y, int width, int height);

/* Takes the rectangle from planes of the same format. */
void easel_picture_copy(easel_picture *p, uint8_t *const plane[3], const int stride[3],
                        int x, int y, int width, int height);

/* Says whether the planes of p within a rectangle equal others of the format. */
int easel_picture_equal(const easel_picture *p, uint8_t *const plane[3], const int stride[3],
                        int x, int y, int width, int height);

/* Mean squared error between the first plane of p and another. */
double easel_picture_error(const easel_picture *p, const uint8_t *plane, int stride);

#endif
