// The blocks of networks that learn, as a module of Node. Arguments come from this folder's .ts files alone; addon.ts describes them.
#include "cpu.h"
#include "neurons.h"
#include <node_api.h>
#include <stdlib.h>

static const BlockKernels *choose_kernels(void) {
#if defined(__x86_64__)
  if (has_avx512()) return &blocks_avx512;
  return has_avx2() ? &blocks_avx2 : NULL;
#else
  return &blocks_neon;
#endif
}

static napi_value fail(napi_env env, const char *message) {
  napi_throw_error(env, NULL, message);
  return NULL;
}

// The data of a typed array of float32 that has at least so many numbers. NULL where it is something else.
static float *read_floats(napi_env env, napi_value value, size_t count) {
  napi_typedarray_type type;
  size_t length;
  void *data = NULL;
  if (napi_get_typedarray_info(env, value, &type, &length, &data, NULL, NULL) != napi_ok) return NULL;
  return type == napi_float32_array && length >= count ? data : NULL;
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
    if (kinds[2 * b] > DIRECT || kinds[2 * b + 1] > 5) return fail(env, "wrong kinds of blocks");
  }
  Handle *handle = malloc(sizeof(Handle));
  if (handle != NULL) handle->neurons = create_neurons(choose_kernels(), shape, v[6]);
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

// The first arguments of both passes: neurons, images, input, parameters of each block.
typedef struct {
  Neurons *neurons;
  int32_t images;
  float *input;
  Parameters parameters[MAX_BLOCKS];
} Batch;

static size_t filter_floats(const Shape *s, int block) {
  const int kernel = s->block[block].kernel;
  return (size_t)s->neurons * kernel * kernel * (block == 0 ? s->seen : s->channels) * s->channels;
}

static size_t input_floats(const Shape *s, int images) {
  const size_t neurons = s->block->kind == OF_STIMULUS ? 1 : s->neurons;
  return (size_t)images * s->height * s->width * s->seen * neurons;
}

static size_t map_floats(const Shape *s, int images) {
  const Block *last = s->block + s->blocks - 1;
  return (size_t)images * last->rows * last->columns * s->neurons * s->channels;
}

static int read_batch(napi_env env, const napi_value *arguments, Batch *batch) {
  Handle *handle;
  if (napi_get_value_external(env, arguments[0], (void **)&handle) != napi_ok || handle->neurons == NULL) return 0;
  batch->neurons = handle->neurons;
  const Shape *s = shape_of(batch->neurons);
  if (napi_get_value_int32(env, arguments[1], &batch->images) != napi_ok || batch->images < 1 ||
      batch->images > s->images)
    return 0;
  batch->input = read_floats(env, arguments[2], input_floats(s, batch->images));
  if (batch->input == NULL) return 0;
  const size_t row = (size_t)s->neurons * s->channels;
  for (int b = 0; b < s->blocks; b++) {
    const size_t counts[] = {filter_floats(s, b), row, row, row, row, row, batch->images * row};
    float *a[7];
    napi_value block;
    if (napi_get_element(env, arguments[3], b, &block) != napi_ok) return 0;
    if (!read_list(env, block, 7, counts, 4, a) || (a[4] == NULL) != (a[5] == NULL)) return 0;
    batch->parameters[b] = (Parameters){a[0], a[1], a[2], a[3], a[4], a[5], a[6]};
  }
  return 1;
}

// (neurons, images, input, blocks, map, statistics: mean and variance of each block)
static napi_value forward(napi_env env, napi_callback_info info) {
  size_t count = 6;
  napi_value arguments[6];
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  Batch batch;
  if (!read_batch(env, arguments, &batch)) return fail(env, "wrong arguments of a forward pass");
  const Shape *s = shape_of(batch.neurons);
  float *map = read_floats(env, arguments[4], map_floats(s, batch.images)), *a[2 * MAX_BLOCKS];
  size_t counts[2 * MAX_BLOCKS];
  for (int i = 0; i < 2 * s->blocks; i++) counts[i] = (size_t)s->neurons * s->channels;
  if (map == NULL || !read_list(env, arguments[5], 2 * s->blocks, counts, 2 * s->blocks, a))
    return fail(env, "wrong results of a forward pass");
  Statistics statistics[MAX_BLOCKS];
  for (int b = 0; b < s->blocks; b++) statistics[b] = (Statistics){a[2 * b], a[2 * b + 1]};
  forward_neurons(batch.neurons, batch.images, batch.input, batch.parameters, map, statistics);
  return NULL;
}

// (neurons, images, input, blocks, gradient of the map, gradients: filters, scale and shift of each block,
// gradient of the input)
static napi_value backward(napi_env env, napi_callback_info info) {
  size_t count = 7;
  napi_value arguments[7];
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  Batch batch;
  if (!read_batch(env, arguments, &batch)) return fail(env, "wrong arguments of a backward pass");
  const Shape *s = shape_of(batch.neurons);
  const float *gradient = read_floats(env, arguments[4], map_floats(s, batch.images));
  float *a[3 * MAX_BLOCKS];
  size_t counts[3 * MAX_BLOCKS];
  for (int i = 0; i < 3 * s->blocks; i++)
    counts[i] = i % 3 == 0 ? filter_floats(s, i / 3) : (size_t)s->neurons * s->channels;
  const int is_of_stimuli = s->block->kind == OF_STIMULUS;
  float *input = is_of_stimuli ? NULL : read_floats(env, arguments[6], input_floats(s, batch.images));
  if (gradient == NULL || (input == NULL && !is_of_stimuli) ||
      !read_list(env, arguments[5], 3 * s->blocks, counts, 3 * s->blocks, a))
    return fail(env, "wrong results of a backward pass");
  Gradients gradients[MAX_BLOCKS];
  for (int b = 0; b < s->blocks; b++) gradients[b] = (Gradients){a[3 * b], a[3 * b + 1], a[3 * b + 2]};
  backward_neurons(batch.neurons, batch.images, batch.input, batch.parameters, gradient, gradients, input);
  return NULL;
}

NAPI_MODULE_INIT() {
  const BlockKernels *kernels = choose_kernels();
  if (kernels == NULL) return exports;
  napi_value text, function;
  napi_create_string_utf8(env, kernels->name, NAPI_AUTO_LENGTH, &text);
  napi_set_named_property(env, exports, "instructions", text);
  const struct {
    const char *name;
    napi_callback call;
  } functions[] = {{"create", create}, {"forward", forward}, {"backward", backward}, {"release", release}};
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, functions[i].call, NULL, &function);
    napi_set_named_property(env, exports, functions[i].name, function);
  }
  return exports;
}
