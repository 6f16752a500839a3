// The kernels as a module of Node. Arguments come from site-kernels.ts and respond.ts alone; addon.ts describes them.
#include "network.h"
#include <node_api.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 64, VALUES_OF_NETWORK = 5, VALUES_OF_STEP = 7 };

static const Kernels *choose_kernels(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw"))
    return &kernels_avx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return &kernels_avx2;
  return NULL; // onnxruntime's own kernels are faster than those for SSE2
#else
  return &kernels_neon;
#endif
}

typedef struct {
  const Kernels *kernels;
  Network network;
} Site;

static napi_value fail(napi_env env, const char *message) {
  napi_throw_error(env, NULL, message);
  return NULL;
}

// The data of a typed array, and its length.
static void *read_array(napi_env env, napi_value value, napi_typedarray_type wanted, size_t *length) {
  napi_typedarray_type type;
  void *data = NULL;
  if (napi_get_typedarray_info(env, value, &type, length, &data, NULL, NULL) != napi_ok || type != wanted) return NULL;
  return data;
}

// The first place of an array where vectors may begin. Arrays for vectors have ALIGNMENT more bytes than they need.
static float *aligned(float *data) {
  return (float *)(((uintptr_t)data + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
}

static napi_value number(napi_env env, double value) {
  napi_value result;
  napi_create_double(env, value, &result);
  return result;
}

static void delete_site(napi_env env, void *site, void *hint) {
  (void)env, (void)hint;
  free(site);
}

// (network: Int32Array) -> { site, floats of a neuron's weights, of the scratch, of a transformed image }
static napi_value create_site(napi_env env, napi_callback_info info) {
  size_t count = 1, length;
  napi_value argument;
  napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
  const int32_t *values = read_array(env, argument, napi_int32_array, &length);
  if (values == NULL || length < VALUES_OF_NETWORK || (length - VALUES_OF_NETWORK) % VALUES_OF_STEP != 0 ||
      (length - VALUES_OF_NETWORK) / VALUES_OF_STEP > MAX_STEPS)
    return fail(env, "wrong description of a network");
  Site *site = calloc(1, sizeof(Site));
  if (site == NULL) return fail(env, "no memory for a network");
  site->kernels = choose_kernels();
  Network *n = &site->network;
  n->stimulus_channels = values[0];
  n->stimulus_height = values[1];
  n->stimulus_width = values[2];
  n->channels = values[3];
  n->softplus = values[4];
  n->steps = (int)((length - VALUES_OF_NETWORK) / VALUES_OF_STEP);
  for (int i = 0; i < n->steps; i++) {
    const int32_t *own = values + VALUES_OF_NETWORK + i * VALUES_OF_STEP;
    n->step[i] = (Step){.kind = own[0], .kernel = own[1], .pooled = own[2], .top = own[3], .left = own[4],
                        .height = own[5], .width = own[6]};
  }
  plan_network(n);
  napi_value result, external;
  napi_create_object(env, &result);
  napi_create_external(env, site, delete_site, NULL, &external);
  napi_set_named_property(env, result, "site", external);
  napi_set_named_property(env, result, "floats", number(env, (double)n->floats));
  napi_set_named_property(env, result, "scratch", number(env, (double)site->kernels->scratch_floats(n)));
  napi_set_named_property(env, result, "transformed", number(env, (double)site->kernels->transformed_floats(n)));
  return result;
}

// (weights: Float32Array) -> the place of the first of them
static napi_value first_place(napi_env env, napi_callback_info info) {
  size_t count = 1, length;
  napi_value argument;
  napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
  float *data = read_array(env, argument, napi_float32_array, &length);
  return number(env, (double)(aligned(data) - data));
}

// (site, weights: Float32Array, neuron, step, folded: Float32Array[]): the readout is the step after the last
static napi_value pack_step(napi_env env, napi_callback_info info) {
  size_t count = 5, length;
  napi_value arguments[5];
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  Site *site;
  napi_get_value_external(env, arguments[0], (void **)&site);
  float *weights = read_array(env, arguments[1], napi_float32_array, &length);
  int32_t neuron, step;
  napi_get_value_int32(env, arguments[2], &neuron);
  napi_get_value_int32(env, arguments[3], &step);
  const float *folded[5] = {0};
  uint32_t arrays = 0;
  napi_get_array_length(env, arguments[4], &arrays);
  for (uint32_t i = 0; i < arrays && i < 5; i++) {
    napi_value array;
    napi_get_element(env, arguments[4], i, &array);
    folded[i] = read_array(env, array, napi_float32_array, &(size_t){0});
  }
  const size_t needed = (size_t)(neuron + 1) * site->network.floats + ALIGNMENT / sizeof(float);
  if (weights == NULL || length < needed || step < 0 || step > site->network.steps)
    return fail(env, "wrong memory for the weights of a network");
  site->kernels->pack(&site->network, step, folded, aligned(weights) + neuron * site->network.floats);
  return NULL;
}

// (site, weights, scratch, images, neurons: Int32Array, responses), which is [image][neuron]; the scratch ends with
// room for the transformed images
static napi_value respond_to(napi_env env, napi_callback_info info) {
  size_t count = 6, held, memory, pixels, neurons, places;
  napi_value arguments[6];
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  Site *site;
  napi_get_value_external(env, arguments[0], (void **)&site);
  const Network *n = &site->network;
  const Kernels *kernels = site->kernels;
  float *weights = read_array(env, arguments[1], napi_float32_array, &held);
  float *scratch = read_array(env, arguments[2], napi_float32_array, &memory);
  const float *images = read_array(env, arguments[3], napi_float32_array, &pixels);
  const int32_t *rows = read_array(env, arguments[4], napi_int32_array, &neurons);
  float *responses = read_array(env, arguments[5], napi_float32_array, &places);
  if (weights == NULL || scratch == NULL || images == NULL || rows == NULL || responses == NULL)
    return fail(env, "wrong arrays for responses");
  const size_t image = (size_t)n->stimulus_channels * n->stimulus_height * n->stimulus_width;
  const size_t total = pixels / image, room = ALIGNMENT / sizeof(float);
  const size_t own = kernels->scratch_floats(n), each = kernels->transformed_floats(n);
  if (memory < own + total * each + room || places < total * neurons)
    return fail(env, "too little memory for responses");
  for (size_t i = 0; i < neurons; i++)
    if (rows[i] < 0 || ((size_t)rows[i] + 1) * n->floats + room > held) return fail(env, "there is no such neuron");
  weights = aligned(weights);
  scratch = aligned(scratch);
  float *transformed = scratch + own;
  for (size_t k = 0; k < total; k++) kernels->transform(n, images + k * image, transformed + k * each);
  // The weights of a neuron, which are most of what is read, stay in the cache for all images.
  for (size_t i = 0; i < neurons; i++)
    for (size_t k = 0; k < total; k++)
      responses[k * neurons + i] =
          kernels->respond(n, weights + (size_t)rows[i] * n->floats, transformed + k * each, scratch);
  return NULL;
}

NAPI_MODULE_INIT() {
  const Kernels *kernels = choose_kernels();
  if (kernels == NULL) return exports;
  napi_value text, function;
  napi_create_string_utf8(env, kernels->name, NAPI_AUTO_LENGTH, &text);
  napi_set_named_property(env, exports, "instructions", text);
  napi_set_named_property(env, exports, "block", number(env, kernels->block));
  const struct {
    const char *name;
    napi_callback call;
  } functions[] = {{"createSite", create_site},
                   {"firstPlace", first_place},
                   {"packStep", pack_step},
                   {"respond", respond_to}};
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, functions[i].call, NULL, &function);
    napi_set_named_property(env, exports, functions[i].name, function);
  }
  return exports;
}
