// Blocks of networks that learn: a convolution, with a 2x2 max pool in some, or self-attention; then batch norm, a
// sigmoid and channel dropout. Each network has weights of its own.
#ifndef BLOCKS_H
#define BLOCKS_H
#include <stddef.h>
#include <stdint.h>

enum { MAX_BLOCKS = 5, MAX_TAPS = 25, MAX_WEIGHTS = 8, PROJECTED = 5 }; // PROJECTED: ATTENTION_CHANNELS

typedef enum {
  OF_STIMULUS, // a pooled 5x5 convolution of the stimuli, which all neurons share
  BY_TILES, // a pooled 5x5 convolution of a map
  DIRECT, // any other convolution of a map
  IDENTITY, // attention whose values are the map itself
  MAPPED // attention whose values are projected and mapped back
} Kind;

// The weights of a convolution, [neuron][row][column][from][to] and [neuron][channel].
enum { FILTERS, BIAS };
// Those of attention, [neuron] and so on as their names in the networks; the last four where it is MAPPED. The bias of
// the keys changes nothing.
enum { GAMMA, QUERY, QUERY_BIAS, KEY, VALUE, OUTPUT, VALUE_BIAS, OUTPUT_BIAS };

typedef struct {
  Kind kind;
  int kernel; // side of the convolution; 1 of attention
  int in_rows, in_columns; // of the map that it sees
  int rows, columns; // of the map that it gives, after the pool
} Block;

// The maps are [image][row][column][channel], channels padded.
typedef struct {
  int images;
  int height, width, seen; // of the stimuli; `seen` are their channels
  int channels, padded; // of the maps
  int neurons;
  int blocks;
  Block block[MAX_BLOCKS];
} Shape;

// The parameters of a block, of all neurons.
typedef struct {
  const float *weights[MAX_WEIGHTS];
  const float *scale, *shift; // [neuron][channel]
  const float *mean, *variance; // running; NULL: those of the batch are used
  const float *dropout; // factors, [image][neuron][channel]; NULL: there are none
} Parameters;

// What a forward pass computes in addition to the map, of a block that uses the statistics of the batch.
typedef struct {
  float *mean, *variance; // [neuron][channel]; the variance is unbiased
} Statistics;

// The gradients of the parameters of a block, in their order. Those of biases that a batch norm subtracts are zero, and
// not here.
typedef struct {
  float *weights[MAX_WEIGHTS];
  float *scale, *shift;
} Gradients;

// What a neuron keeps of its forward pass for the backward pass.
typedef struct {
  float *pooled[MAX_BLOCKS]; // sums after the pool, without the bias
  float *active[MAX_BLOCKS]; // after the sigmoid; in the backward pass the gradient of `pooled`
  int8_t *place[MAX_BLOCKS]; // which of the four cells of a pool was the largest
  float *mean[MAX_BLOCKS], *inverse[MAX_BLOCKS], *slope[MAX_BLOCKS], *offset[MAX_BLOCKS]; // [channel]
} Kept;

typedef struct {
  const float *stimuli; // [image][row][column][channel]
  const float *transformed; // [image][channel of the stimulus][row][tile][point]
} Input;

// What a step of Adam multiplies by and adds.
typedef struct {
  float keep_first, add_first, keep_second, add_second, rate, spread, epsilon;
} AdamNumbers;

// Running means of a gradient and of its square.
typedef struct {
  float *first, *second;
} AdamState;

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
  void (*backward)(const Shape *, const Input *, const Parameters *, int neuron, Kept *, float *scratch,
                   const float *gradient, const Gradients *);
  void (*adam)(const AdamNumbers *, size_t count, const float *parameter, const float *gradient, AdamState before,
               AdamState after, float *result);
} BlockKernels;

extern const BlockKernels blocks_avx512, blocks_avx2, blocks_neon;
#endif
