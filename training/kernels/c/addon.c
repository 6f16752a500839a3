// The blocks of networks that learn, as a module of Node. Arguments come from this folder's .ts files alone; addon.ts describes them.
#include "arguments.h"
#include "cpu.h"
#include "neurons.h"
#include <stdlib.h>
#include <string.h>

// The data of a typed array of float32 that has at least so many numbers. NULL where it is something else.
static float *read_floats(napi_env env, napi_value value, size_t count) {
  size_t length;
  float *data = read_array(env, value, napi_float32_array, &length);
  return data != NULL && length >= count ? data : NULL;
}

// Arrays of so many numbers each; an array of none is NULL where it is optional. Returns whether all are there.
static int read_list(napi_env env, napi_value list, int length, const size_t *counts, int optional, float **arrays) {
  for (int i = 0; i < length; i++) {
    napi_value value;
    if (napi_get_element(env, list, i, &value) != napi_ok) return 0;
    size_t own = 0;
    napi_get_typedarray_info(env, value, NULL, &own, NULL, NULL, NULL);
    const int is_left_out = own == 0 && i >= optional;
    arrays[i] = is_left_out ? NULL : read_floats(env, value, counts[i]);
    if (arrays[i] == NULL && !is_left_out) return 0;
  }
  return 1;
}

// What JavaScript holds.
typedef struct {
  Neurons *neurons; // NULL once they are released
} Handle;

static void release_handle(Handle *handle) {
  if (handle->neurons != NULL) delete_neurons(handle->neurons);
  handle->neurons = NULL;
}

static void finalize(napi_env env, void *handle, void *hint) {
  (void)env, (void)hint;
  release_handle(handle);
  free(handle);
}

// Whole numbers of a list. Returns how many there are; 0 where one is below its least, or there are too many.
static uint32_t read_numbers(napi_env env, napi_value list, int32_t *numbers, uint32_t most) {
  uint32_t length = 0;
  if (napi_get_array_length(env, list, &length) != napi_ok || length > most) return 0;
  for (uint32_t i = 0; i < length; i++) {
    napi_value value;
    napi_get_element(env, list, i, &value);
    if (napi_get_value_int32(env, value, numbers + i) != napi_ok || numbers[i] < 0) return 0;
  }
  return length;
}

// (sizes, blocks: kind and kernel of each) -> neurons
static napi_value create(napi_env env, napi_callback_info info) {
  enum { SIZES = 7 };
  size_t count = 2;
  napi_value arguments[2], external;
  int32_t v[SIZES], kinds[2 * MAX_BLOCKS];
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  const uint32_t read = read_numbers(env, arguments[0], v, SIZES);
  const uint32_t blocks = read_numbers(env, arguments[1], kinds, 2 * MAX_BLOCKS) / 2;
  int are_positive = read == SIZES && blocks > 0;
  for (int i = 0; i < SIZES && are_positive; i++) are_positive = v[i] > 0;
  if (!are_positive) return fail(env, "wrong sizes of blocks");
  Shape shape = {.neurons = v[0], .images = v[1], .height = v[2], .width = v[3], .seen = v[4], .channels = v[5],
                 .blocks = (int)blocks};
  for (uint32_t b = 0; b < blocks; b++) {
    shape.block[b] = (Block){.kind = kinds[2 * b], .kernel = kinds[2 * b + 1]};
    const int is_of_stimuli = kinds[2 * b] == OF_STIMULUS;
    if (is_of_stimuli != (b == 0) || kinds[2 * b] > MAPPED || kinds[2 * b + 1] > 5) return fail(env, "wrong kinds of blocks");
  }
  Handle *handle = malloc(sizeof(Handle));
  if (handle != NULL) handle->neurons = create_neurons(KERNELS_FOR_CPU(blocks), shape, v[6]);
  if (handle == NULL || handle->neurons == NULL) {
    free(handle);
    return fail(env, "there is no memory for blocks");
  }
  napi_create_external(env, handle, finalize, NULL, &external);
  return external;
}

// (neurons)
static napi_value release(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  Handle *handle;
  napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
  if (napi_get_value_external(env, argument, (void **)&handle) != napi_ok) return fail(env, "there are no neurons");
  release_handle(handle);
  return NULL;
}

// The first arguments of both passes: neurons, images, stimuli, parameters of each block, map or its gradient.
typedef struct {
  Neurons *neurons;
  int32_t images;
  float *stimuli;
  Parameters parameters[MAX_BLOCKS];
  float *map;
} Batch;

static size_t map_floats(const Shape *s, int images) {
  const Block *last = s->block + s->blocks - 1;
  return (size_t)images * last->rows * last->columns * s->neurons * s->channels;
}

// How many weights a block has, and the floats of each of them. Those with a gradient come first.
static int weight_floats(const Shape *s, int block, size_t *floats) {
  const Block *b = s->block + block;
  const size_t N = s->neurons, row = N * s->channels, projected = N * PROJECTED, matrix = row * PROJECTED;
  if (b->kind == IDENTITY || b->kind == MAPPED) {
    const size_t all[] = {N, matrix, projected, matrix, matrix, matrix, projected, row};
    memcpy(floats, all, sizeof all);
    return b->kind == MAPPED ? OUTPUT_BIAS + 1 : KEY + 1;
  }
  floats[FILTERS] = row * b->kernel * b->kernel * (block == 0 ? s->seen : s->channels);
  floats[BIAS] = row;
  return BIAS + 1;
}

static int weights_with_gradient(const Block *b) {
  return b->kind == MAPPED ? OUTPUT + 1 : b->kind == IDENTITY ? KEY + 1 : FILTERS + 1;
}

// Weights, scale, shift, mean, variance and dropout of a block.
static int read_parameters(napi_env env, napi_value list, const Shape *s, int block, int images, Parameters *p) {
  enum { MORE = 5 };
  size_t floats[MAX_WEIGHTS + MORE];
  float *a[MAX_WEIGHTS + MORE];
  const int weights = weight_floats(s, block, floats);
  const size_t row = (size_t)s->neurons * s->channels;
  for (int i = 0; i < MORE; i++) floats[weights + i] = i == MORE - 1 ? images * row : row;
  if (!read_list(env, list, weights + MORE, floats, weights + 2, a)) return 0;
  float **more = a + weights;
  if ((more[2] == NULL) != (more[3] == NULL)) return 0;
  *p = (Parameters){{0}, more[0], more[1], more[2], more[3], more[4]};
  for (int i = 0; i < weights; i++) p->weights[i] = a[i];
  return 1;
}

// Gradients of the weights, scale and shift of a block.
static int read_gradients(napi_env env, napi_value list, const Shape *s, int block, Gradients *g) {
  size_t floats[MAX_WEIGHTS + 2];
  float *a[MAX_WEIGHTS + 2];
  weight_floats(s, block, floats);
  const int weights = weights_with_gradient(s->block + block);
  floats[weights] = floats[weights + 1] = (size_t)s->neurons * s->channels;
  if (!read_list(env, list, weights + 2, floats, weights + 2, a)) return 0;
  *g = (Gradients){{0}, a[weights], a[weights + 1]};
  for (int i = 0; i < weights; i++) g->weights[i] = a[i];
  return 1;
}

static int read_batch(napi_env env, const napi_value *arguments, Batch *batch) {
  Handle *handle;
  if (napi_get_value_external(env, arguments[0], (void **)&handle) != napi_ok || handle->neurons == NULL) return 0;
  batch->neurons = handle->neurons;
  const Shape *s = shape_of(batch->neurons);
  if (napi_get_value_int32(env, arguments[1], &batch->images) != napi_ok || batch->images < 1 ||
      batch->images > s->images)
    return 0;
  batch->stimuli = read_floats(env, arguments[2], (size_t)batch->images * s->height * s->width * s->seen);
  batch->map = read_floats(env, arguments[4], map_floats(s, batch->images));
  for (int b = 0; b < s->blocks; b++) {
    napi_value block;
    if (napi_get_element(env, arguments[3], b, &block) != napi_ok) return 0;
    if (!read_parameters(env, block, s, b, batch->images, batch->parameters + b)) return 0;
  }
  return batch->stimuli != NULL && batch->map != NULL;
}

// (..., statistics: mean and variance of each block)
static napi_value forward(napi_env env, napi_callback_info info) {
  size_t count = 6;
  napi_value arguments[6];
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  Batch batch;
  if (!read_batch(env, arguments, &batch)) return fail(env, "wrong arguments of a forward pass");
  const Shape *s = shape_of(batch.neurons);
  float *a[2 * MAX_BLOCKS];
  size_t counts[2 * MAX_BLOCKS];
  for (int i = 0; i < 2 * s->blocks; i++) counts[i] = (size_t)s->neurons * s->channels;
  if (!read_list(env, arguments[5], 2 * s->blocks, counts, 2 * s->blocks, a))
    return fail(env, "wrong results of a forward pass");
  Statistics statistics[MAX_BLOCKS];
  for (int b = 0; b < s->blocks; b++) statistics[b] = (Statistics){a[2 * b], a[2 * b + 1]};
  forward_neurons(batch.neurons, batch.images, batch.stimuli, batch.parameters, batch.map, statistics);
  return NULL;
}

// (..., gradients: those of each block)
static napi_value backward(napi_env env, napi_callback_info info) {
  size_t count = 6;
  napi_value arguments[6];
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  Batch batch;
  if (!read_batch(env, arguments, &batch)) return fail(env, "wrong arguments of a backward pass");
  const Shape *s = shape_of(batch.neurons);
  Gradients gradients[MAX_BLOCKS];
  for (int b = 0; b < s->blocks; b++) {
    napi_value block;
    if (napi_get_element(env, arguments[5], b, &block) != napi_ok || !read_gradients(env, block, s, b, gradients + b))
      return fail(env, "wrong results of a backward pass");
  }
  backward_neurons(batch.neurons, batch.images, batch.stimuli, batch.parameters, batch.map, gradients);
  return NULL;
}

// (numbers, before: parameter, gradient and both means, after: parameter and both means)
static napi_value adam(napi_env env, napi_callback_info info) {
  enum { NUMBERS = sizeof(AdamNumbers) / sizeof(float), BEFORE = 4, AFTER = 3 };
  size_t count = 3, size = 0;
  napi_value arguments[3], first;
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  const float *n = read_floats(env, arguments[0], NUMBERS);
  float *before[BEFORE], *after[AFTER];
  if (n == NULL || napi_get_element(env, arguments[1], 0, &first) != napi_ok ||
      read_array(env, first, napi_float32_array, &size) == NULL)
    return fail(env, "wrong arguments of a step of Adam");
  const size_t sizes[] = {size, size, size, size};
  if (!read_list(env, arguments[1], BEFORE, sizes, BEFORE, before) ||
      !read_list(env, arguments[2], AFTER, sizes, AFTER, after))
    return fail(env, "wrong arguments of a step of Adam");
  const AdamNumbers numbers = {n[0], n[1], n[2], n[3], n[4], n[5], n[6]};
  KERNELS_FOR_CPU(blocks)->adam(&numbers, size, before[0], before[1], (AdamState){before[2], before[3]},
                                (AdamState){after[1], after[2]}, after[0]);
  return NULL;
}

NAPI_MODULE_INIT() {
  const BlockKernels *kernels = KERNELS_FOR_CPU(blocks);
  if (kernels == NULL) return exports;
  napi_set_named_property(env, exports, "instructions", text(env, kernels->name));
  const Function functions[] = {
      {"create", create}, {"forward", forward}, {"backward", backward}, {"release", release}, {"adam", adam}};
  offer(env, exports, functions, sizeof functions / sizeof *functions);
  return exports;
}
