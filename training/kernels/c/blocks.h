// Blocks of networks that learn: a convolution, a 2x2 max pool in some, batch norm, a sigmoid and channel dropout. Each
// network has filters of its own.
#ifndef BLOCKS_H
#define BLOCKS_H
#include <stddef.h>
#include <stdint.h>

enum { MAX_BLOCKS = 4, MAX_TAPS = 25 };

typedef enum {
  OF_STIMULUS, // a pooled 5x5 convolution of the stimuli, which all neurons share
  BY_TILES, // a pooled 5x5 convolution of a map
  DIRECT // any other convolution of a map
} Kind;

typedef struct {
  Kind kind;
  int kernel; // side of the convolution
  int in_rows, in_columns; // of the map that it sees
  int rows, columns; // of the map that it gives, after the pool
} Block;

// The maps are [image][row][column][channel], channels padded.
typedef struct {
  int images;
  int height, width, seen; // of the input: stimuli, or maps of each neuron
  int channels, padded; // of the maps
  int neurons;
  int blocks;
  Block block[MAX_BLOCKS];
} Shape;

// The parameters of a block, of all neurons.
typedef struct {
  const float *filters; // [neuron][row][column][from][to]
  const float *bias, *scale, *shift; // [neuron][channel]
  const float *mean, *variance; // running; NULL: those of the batch are used
  const float *dropout; // factors, [image][neuron][channel]; NULL: there are none
} Parameters;

// What a forward pass computes in addition to the map, of a block that uses the statistics of the batch.
typedef struct {
  float *mean, *variance; // [neuron][channel]; the variance is unbiased
} Statistics;

// The gradients of the parameters of a block; that of the bias is zero.
typedef struct {
  float *filters, *scale, *shift;
} Gradients;

// What a neuron keeps of its forward pass for the backward pass.
typedef struct {
  float *pooled[MAX_BLOCKS]; // sums after the pool, without the bias
  float *active[MAX_BLOCKS]; // after the sigmoid; in the backward pass the gradient of `pooled`
  int8_t *place[MAX_BLOCKS]; // which of the four cells of a pool was the largest
  float *mean[MAX_BLOCKS], *inverse[MAX_BLOCKS], *slope[MAX_BLOCKS], *offset[MAX_BLOCKS]; // [channel]
} Kept;

typedef struct {
  const float *values; // stimuli, [image][row][column][channel], or maps, [image][row][column][neuron][channel]
  const float *transformed; // of stimuli, [image][channel of the stimulus][row][tile][point]
} Input;

// The functions that are compiled for each kind of CPU.
typedef struct {
  const char *name;
  int block; // channels are padded to a multiple of it
  size_t (*transformed_floats)(const Shape *); // of an image
  void (*transform)(const Shape *, const float *stimulus, float *transformed);
  size_t (*scratch_floats)(const Shape *); // of a thread
  // Writes a neuron's channels of the map [image][row][column][neuron][channel].
  void (*forward)(const Shape *, const Input *, const Parameters *, int neuron, Kept *, float *scratch, float *map,
                  Statistics *);
  // After a forward pass with the same parameters.
  // @param gradient of the map
  // @param input_gradient of the input, where that is maps
  void (*backward)(const Shape *, const Input *, const Parameters *, int neuron, Kept *, float *scratch,
                   const float *gradient, const Gradients *, float *input_gradient);
} BlockKernels;

extern const BlockKernels blocks_avx512, blocks_avx2, blocks_neon;
#endif
