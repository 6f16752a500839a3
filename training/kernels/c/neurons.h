// The blocks of a population, computed neuron by neuron on several threads.
#ifndef NEURONS_H
#define NEURONS_H
#include "blocks.h"

typedef struct Neurons Neurons;

// @param shape its `images` are the most that a batch may have; of its blocks only kind and kernel are read
// Returns NULL where there is no memory.
Neurons *create_neurons(const BlockKernels *, Shape, int threads);
void delete_neurons(Neurons *);
const Shape *shape_of(const Neurons *);

// One batch of `images`. See BlockKernels.
void forward_neurons(Neurons *, int images, const float *stimuli, const Parameters *, float *map, Statistics *);
void backward_neurons(Neurons *, int images, const float *stimuli, const Parameters *, const float *gradient,
                      const Gradients *);
#endif
