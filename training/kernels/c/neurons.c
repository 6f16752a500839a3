#include "neurons.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { LINE = 64, MAX_THREADS = 256 };

struct Neurons {
  const BlockKernels *kernels;
  Shape shape;
  int threads;
  Kept *kept; // of each neuron
  float *maps;
  int8_t *places;
  float *transformed; // stimuli
  float *scratch[MAX_THREADS];
};

// What the threads do together. Each takes the next neuron until none is left.
typedef struct {
  Neurons *neurons;
  Shape shape;
  Input input;
  const Parameters *parameters;
  float *map;
  Statistics *statistics;
  const float *gradient; // NULL in a forward pass
  const Gradients *gradients;
  atomic_int next;
} Work;

typedef struct {
  Work *work;
  int index;
  pthread_t thread;
} Worker;

static size_t whole_lines(size_t bytes) {
  return (bytes + LINE - 1) / LINE * LINE;
}

// Zeros, whose pages the system provides when they are first used.
static void *lines(size_t bytes) {
  char *memory = calloc(1, whole_lines(bytes) + 2 * LINE);
  if (memory == NULL) return NULL;
  char *begin = (char *)whole_lines((size_t)memory + sizeof(void *));
  ((void **)begin)[-1] = memory;
  return begin;
}

static void free_lines(void *begin) {
  if (begin != NULL) free(((void **)begin)[-1]);
}

static void *take(float **memory, size_t floats) {
  float *taken = *memory;
  *memory += whole_lines(floats * sizeof(float)) / sizeof(float);
  return taken;
}

// Floats of what a neuron keeps: of each block two maps and four rows of channels.
static size_t kept_floats(const Shape *s) {
  size_t floats = 0;
  for (int b = 0; b < s->blocks; b++)
    floats += 2 * (size_t)s->images * s->block[b].rows * s->block[b].columns * s->padded + 4 * whole_lines(sizeof(float) * s->padded);
  return floats + 4 * LINE;
}

static size_t kept_places(const Shape *s) {
  size_t bytes = 0;
  for (int b = 0; b < s->blocks; b++) bytes += whole_lines((size_t)s->images * s->block[b].rows * s->block[b].columns * s->padded);
  return bytes;
}

static void lay_out_kept(const Shape *s, Kept *kept, float *maps, int8_t *places) {
  for (int b = 0; b < s->blocks; b++) {
    const size_t map = (size_t)s->images * s->block[b].rows * s->block[b].columns * s->padded;
    kept->pooled[b] = take(&maps, map);
    kept->active[b] = take(&maps, map);
    kept->mean[b] = take(&maps, s->padded);
    kept->inverse[b] = take(&maps, s->padded);
    kept->slope[b] = take(&maps, s->padded);
    kept->offset[b] = take(&maps, s->padded);
    kept->place[b] = places;
    places += whole_lines(map);
  }
}

Neurons *create_neurons(const BlockKernels *kernels, Shape shape, int threads) {
  Neurons *n = calloc(1, sizeof(Neurons));
  if (n == NULL) return NULL;
  n->kernels = kernels;
  shape.padded = (shape.channels + kernels->block - 1) / kernels->block * kernels->block;
  for (int b = 0; b < shape.blocks; b++) {
    Block *own = shape.block + b;
    own->in_rows = b == 0 ? shape.height : own[-1].rows;
    own->in_columns = b == 0 ? shape.width : own[-1].columns;
    const int pool = own->kind == OF_STIMULUS || own->kind == BY_TILES ? 2 : 1;
    own->rows = (own->in_rows - own->kernel + 1) / pool;
    own->columns = (own->in_columns - own->kernel + 1) / pool;
  }
  n->shape = shape;
  n->threads = threads > MAX_THREADS ? MAX_THREADS : threads;
  if (n->threads > shape.neurons) n->threads = shape.neurons;
  const size_t floats = kept_floats(&shape), places = kept_places(&shape);
  n->kept = calloc(shape.neurons, sizeof(Kept));
  n->maps = lines(shape.neurons * floats * sizeof(float));
  n->places = lines(shape.neurons * places);
  n->transformed = lines(sizeof(float) * shape.images * kernels->transformed_floats(&shape));
  int is_whole = n->kept != NULL && n->maps != NULL && n->places != NULL && n->transformed != NULL;
  for (int t = 0; t < n->threads; t++) {
    n->scratch[t] = lines(sizeof(float) * kernels->scratch_floats(&shape));
    is_whole &= n->scratch[t] != NULL;
  }
  if (!is_whole) {
    delete_neurons(n);
    return NULL;
  }
  for (int i = 0; i < shape.neurons; i++) lay_out_kept(&shape, n->kept + i, n->maps + i * floats, n->places + i * places);
  return n;
}

void delete_neurons(Neurons *n) {
  free(n->kept);
  free_lines(n->maps);
  free_lines(n->places);
  free_lines(n->transformed);
  for (int t = 0; t < n->threads; t++) free_lines(n->scratch[t]);
  free(n);
}

const Shape *shape_of(const Neurons *n) {
  return &n->shape;
}

static void *run_worker(void *data) {
  const Worker *worker = data;
  Work *w = worker->work;
  const BlockKernels *kernels = w->neurons->kernels;
  float *scratch = w->neurons->scratch[worker->index];
  for (int i; (i = atomic_fetch_add(&w->next, 1)) < w->shape.neurons;) {
    Kept *kept = w->neurons->kept + i;
    if (w->gradient == NULL)
      kernels->forward(&w->shape, &w->input, w->parameters, i, kept, scratch, w->map, w->statistics);
    else
      kernels->backward(&w->shape, &w->input, w->parameters, i, kept, scratch, w->gradient, w->gradients);
  }
  return NULL;
}

// The caller is one of the workers, so that the work is done even where the system starts no threads.
static void run(Work *work) {
  Worker workers[MAX_THREADS];
  int started = 1;
  for (; started < work->neurons->threads; started++) {
    workers[started] = (Worker){work, started, 0};
    if (pthread_create(&workers[started].thread, NULL, run_worker, workers + started) != 0) break;
  }
  workers[0] = (Worker){work, 0, 0};
  run_worker(workers);
  for (int t = 1; t < started; t++) pthread_join(workers[t].thread, NULL);
}

static Shape of_images(const Neurons *n, int images) {
  Shape shape = n->shape;
  shape.images = images;
  return shape;
}

void forward_neurons(Neurons *n, int images, const float *stimuli, const Parameters *parameters, float *map,
                     Statistics *statistics) {
  const Shape shape = of_images(n, images);
  const size_t pixels = (size_t)shape.height * shape.width * shape.seen, row = n->kernels->transformed_floats(&shape);
  for (int i = 0; i < images; i++) n->kernels->transform(&shape, stimuli + i * pixels, n->transformed + i * row);
  Work work = {.neurons = n, .shape = shape, .input = {stimuli, n->transformed}, .parameters = parameters, .map = map,
               .statistics = statistics};
  run(&work);
}

void backward_neurons(Neurons *n, int images, const float *stimuli, const Parameters *parameters,
                      const float *gradient, const Gradients *gradients) {
  Work work = {.neurons = n, .shape = of_images(n, images), .input = {stimuli, n->transformed},
               .parameters = parameters, .gradient = gradient, .gradients = gradients};
  run(&work);
}
