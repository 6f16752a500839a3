// The networks of a site: the same layers for every neuron, each with weights of its own.
#ifndef NETWORK_H
#define NETWORK_H
#include <stddef.h>
#include <stdint.h>
#include "precision.h"

enum { MAX_STEPS = 8 };
enum { LINE = 16 }; // floats of a line of a cache

typedef enum { OF_STIMULUS, BY_TILES, DIRECT, ATTENTION } Kind;

// One layer: an affine map, a pool in some, and a sigmoid.
typedef struct {
  Kind kind;
  int kernel; // side of the convolution
  int pooled; // 2x2, before the sigmoid
  int top, left; // of the part of its input that it reads
  int height, width; // of its output
  size_t weights; // where its weights begin in those of a neuron
  Precision stored; // its weights
  size_t widened; // floats of its weights that are written for a neuron before its images are computed
  // Of the memory that its output is in: a margin of zeros is right and below.
  int memory_height, memory_width;
} Step;

typedef struct {
  int stimulus_height, stimulus_width, stimulus_channels; // of the part that is read
  int channels; // of a map, padded
  int steps;
  Step step[MAX_STEPS];
  int cells; // of the readout
  size_t readout; // where its weights and its bias begin
  int softplus;
  Precision precision; // of convolutions of maps
  size_t floats; // weights of a neuron
  size_t widened; // of all steps
} Network;

// The functions that are compiled for each kind of CPU.
typedef struct {
  const char *name;
  int block; // channels are padded to a multiple of it
  // What depends on an image alone, computed once for all neurons; pixels are [channel][row][column].
  size_t (*transformed_floats)(const Network *);
  void (*transform)(const Network *, const float *pixels, float *transformed);
  // Memory that a thread needs for the maps, which is zero before its first use.
  size_t (*scratch_floats)(const Network *);
  void (*widen)(const Network *, const float *weights, float *widened);
  float (*respond)(const Network *, const float *weights, const float *widened, const float *transformed, float *scratch);
  // Writes the folded weights of a step, or of the readout after the last, as the kernels read them. Convolutions:
  // [to][from][row][column], [to]; attention: query, its bias, keep, bias, gather; readout: [cell][channel], bias.
  void (*pack)(const Network *, int step, const float *const *folded, float *weights);
} Kernels;

extern const Kernels kernels_avx512, kernels_avx2, kernels_neon;

// Of the weights of a convolution of a map, as they are stored; its bias follows.
size_t map_floats(const Step *, int channels);

// Multiplications, each with an addition, that the products of a network take for an image. Transforms, pools and
// sigmoids come on top.
double multiplications_of(const Network *);

// Reads what describe-network.ts writes, and chooses how each layer is computed and where its weights are. Returns 0
// where the description is wrong.
int read_network(Network *, const int32_t *values, size_t length);
#endif
