#include "threads.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

// Images for which the weights of a neuron are read once.
enum { TOGETHER = 16, ALIGNMENT = 64 };

Site *create_site(const Kernels *kernels, int threads) {
  Site *site = calloc(1, sizeof(Site));
  if (site == NULL) return NULL;
  site->kernels = kernels;
  site->threads = threads;
  site->memory = calloc((size_t)threads + 1, sizeof(float *));
  if (site->memory != NULL) return site;
  free(site);
  return NULL;
}

void delete_site(Site *site) {
  for (int i = 0; i <= site->threads; i++) free(site->memory[i]);
  free(site->memory);
  free(site);
}

size_t thread_bytes(const Site *site) {
  const Network *n = &site->network;
  const size_t floats =
      site->kernels->scratch_floats(n) + TOGETHER * site->kernels->transformed_floats(n) + n->widened;
  return (floats * sizeof(float) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

// A thread's memory for the maps, which ends with room for transformed images and for widened weights.
static float *memory_of(Site *site, int thread) {
  if (site->memory[thread] != NULL) return site->memory[thread];
  const size_t bytes = thread_bytes(site);
  void *memory = NULL;
  if (posix_memalign(&memory, ALIGNMENT, bytes) != 0) return NULL;
  memset(memory, 0, bytes); // margins of the maps stay zero
  return site->memory[thread] = memory;
}

static size_t smaller(size_t a, size_t b) {
  return a < b ? a : b;
}

// Piece i is neuron i % width for the images of block i / width. `transformed` is the block whose images the memory
// holds, plus 1.
static void compute_piece(const Request *r, float *memory, size_t piece, size_t *transformed) {
  const Site *site = r->site;
  const Network *n = &site->network;
  const size_t block = piece / r->width, neuron = piece % r->width;
  const size_t first = block * TOGETHER, last = smaller(first + TOGETHER, r->count);
  const size_t pixels = (size_t)n->stimulus_channels * n->stimulus_height * n->stimulus_width;
  const size_t each = site->kernels->transformed_floats(n);
  float *images = memory + site->kernels->scratch_floats(n);
  if (*transformed != block + 1)
    for (size_t k = first; k < last; k++)
      site->kernels->transform(n, r->images + k * pixels, images + (k - first) * each);
  *transformed = block + 1;
  // The weights of a neuron, which are most of what is read, stay in the cache for all images.
  const float *weights = r->weights + (size_t)r->neurons[neuron] * n->floats;
  float *widened = images + TOGETHER * each;
  site->kernels->widen(n, weights, widened);
  for (size_t k = first; k < last; k++)
    r->responses[k * r->width + neuron] =
        site->kernels->respond(n, weights, widened, images + (k - first) * each, memory);
}

static size_t pieces_of(const Request *r) {
  return (r->count + TOGETHER - 1) / TOGETHER * r->width;
}

int compute_request(Request *r, int thread) {
  float *memory = memory_of(r->site, thread);
  if (memory == NULL) return 0;
  size_t transformed = 0;
  for (size_t piece = 0; piece < pieces_of(r); piece++) compute_piece(r, memory, piece, &transformed);
  return 1;
}

typedef struct {
  pthread_t thread;
  int index;
  Threads *all;
} Thread;

typedef struct {
  Request *first, *last;
} Queue;

struct Threads {
  int count;
  Thread *thread;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  atomic_int stopping;
  Queue queues[2]; // the second is of the background
};

// Takes pieces of the first request: few of many, so that no thread waits long for the last one.
static Request *take(Threads *all, size_t *from, size_t *to) {
  for (int q = 0; q < 2; q++) {
    Queue *queue = all->queues + q;
    Request *r = queue->first;
    if (r == NULL) continue;
    const size_t share = (r->pieces - r->taken) / (4 * (size_t)all->count);
    *from = r->taken;
    *to = *from + (share < 1 || r->background ? 1 : share);
    r->taken = *to;
    if (r->taken == r->pieces) queue->first = r->later;
    return r;
  }
  return NULL;
}

static void *work(void *argument) {
  const Thread *own = argument;
  Threads *all = own->all;
  const Request *latest = NULL;
  size_t transformed = 0, from, to;
  pthread_mutex_lock(&all->lock);
  for (;;) {
    if (all->stopping) break;
    Request *r = take(all, &from, &to);
    if (r == NULL) {
      latest = NULL; // the next request may be at the same place
      pthread_cond_wait(&all->changed, &all->lock);
      continue;
    }
    pthread_mutex_unlock(&all->lock);
    if (r != latest) transformed = 0;
    latest = r;
    float *memory = memory_of(r->site, own->index);
    if (memory != NULL)
      for (size_t piece = from; piece < to && !all->stopping; piece++)
        compute_piece(r, memory, piece, &transformed);
    pthread_mutex_lock(&all->lock);
    if (memory == NULL) r->failed = 1;
    r->ended += to - from;
    if (r->ended < r->pieces || all->stopping) continue;
    latest = NULL;
    r->finish(r);
  }
  pthread_mutex_unlock(&all->lock);
  return NULL;
}

Threads *start_threads(int count) {
  Threads *all = calloc(1, sizeof(Threads));
  if (all == NULL) return NULL;
  all->thread = calloc((size_t)count, sizeof(Thread));
  if (all->thread == NULL) {
    free(all);
    return NULL;
  }
  pthread_mutex_init(&all->lock, NULL);
  pthread_cond_init(&all->changed, NULL);
  for (; all->count < count; all->count++) {
    Thread *own = all->thread + all->count;
    *own = (Thread){.index = all->count, .all = all};
    if (pthread_create(&own->thread, NULL, work, own) != 0) break;
  }
  if (all->count == count) return all;
  stop_threads(all);
  return NULL;
}

void stop_threads(Threads *all) {
  pthread_mutex_lock(&all->lock);
  all->stopping = 1;
  pthread_cond_broadcast(&all->changed);
  pthread_mutex_unlock(&all->lock);
  for (int i = 0; i < all->count; i++) pthread_join(all->thread[i].thread, NULL);
  pthread_cond_destroy(&all->changed);
  pthread_mutex_destroy(&all->lock);
  free(all->thread);
  free(all);
}

void add_request(Threads *all, Request *r) {
  r->pieces = pieces_of(r);
  r->taken = r->ended = 0;
  r->later = NULL;
  pthread_mutex_lock(&all->lock);
  Queue *queue = all->queues + (r->background != 0);
  if (queue->first == NULL) queue->first = r;
  else queue->last->later = r;
  queue->last = r;
  for (size_t i = 0; i < smaller(r->pieces, (size_t)all->count); i++) pthread_cond_signal(&all->changed);
  pthread_mutex_unlock(&all->lock);
}
