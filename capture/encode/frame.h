#ifndef EASEL_FRAME_H
#define EASEL_FRAME_H

#include <stdint.h>

/* What encoding a frame gave: data belongs to the encoder until the next call.
   quantizer is on the codec's own scale, 0 the best. */
typedef struct {
  const uint8_t *data;
  int size;
  int key;
  int quantizer;
} easel_frame;

#endif
