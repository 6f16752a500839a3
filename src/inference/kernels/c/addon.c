// The kernels as a module of Node. Arguments come from this folder's .ts files alone; addon.ts describes them.
#include "arguments.h"
#include "cpu.h"
#include "mailbox.h"
#include "threads.h"
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/mman.h>
#include <unistd.h>
#endif

static void finalize_site(napi_env env, void *site, void *hint) {
  (void)env, (void)hint;
  delete_site(site);
}

// (network: Int32Array, threads) -> { site, floats of a neuron's weights, bytes of a thread's memory, multiplications of an
// image }
static napi_value create(napi_env env, napi_callback_info info) {
  size_t count = 2, length;
  napi_value arguments[2];
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  const int32_t *values = read_array(env, arguments[0], napi_int32_array, &length);
  int32_t threads;
  if (values == NULL || napi_get_value_int32(env, arguments[1], &threads) != napi_ok || threads < 0)
    return fail(env, "wrong description of a network");
  Site *site = create_site(KERNELS_FOR_CPU(kernels), threads);
  if (site == NULL) return fail(env, "no memory for a network");
  if (!read_network(&site->network, values, length)) {
    delete_site(site);
    return fail(env, "wrong description of a network");
  }
  napi_value result, external;
  napi_create_object(env, &result);
  napi_create_external(env, site, finalize_site, NULL, &external);
  napi_set_named_property(env, result, "site", external);
  napi_set_named_property(env, result, "floats", number(env, (double)site->network.floats));
  napi_set_named_property(env, result, "bytes", number(env, (double)thread_bytes(site)));
  napi_set_named_property(env, result, "multiplications", number(env, multiplications_of(&site->network)));
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

// (weights: Float32Array): prefers large pages for them, so that reading all weights looks up few addresses
static napi_value prefer_large_pages(napi_env env, napi_callback_info info) {
  size_t count = 1, length;
  napi_value argument;
  napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
  float *data = read_array(env, argument, napi_float32_array, &length);
  if (data == NULL) return fail(env, "wrong memory for weights");
#ifdef MADV_HUGEPAGE
  const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  const uintptr_t first = ((uintptr_t)data + page - 1) / page * page, end = (uintptr_t)(data + length) / page * page;
  if (end > first) madvise((void *)first, end - first, MADV_HUGEPAGE); // without effect where the system has none
#endif
  return NULL;
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

// Reads the arguments (site, weights, images, neurons: Int32Array, responses). Returns what is wrong with them.
static const char *read_request(napi_env env, const napi_value *arguments, Request *r) {
  size_t held, pixels, places;
  if (napi_get_value_external(env, arguments[0], (void **)&r->site) != napi_ok) return "there is no site";
  const Network *n = &r->site->network;
  float *weights = read_array(env, arguments[1], napi_float32_array, &held);
  r->images = read_array(env, arguments[2], napi_float32_array, &pixels);
  r->neurons = read_array(env, arguments[3], napi_int32_array, &r->width);
  r->responses = read_array(env, arguments[4], napi_float32_array, &places);
  if (weights == NULL || r->images == NULL || r->neurons == NULL || r->responses == NULL)
    return "wrong arrays for responses";
  r->weights = aligned(weights);
  r->count = pixels / ((size_t)n->stimulus_channels * n->stimulus_height * n->stimulus_width);
  if (r->count == 0 || r->width == 0 || places < r->count * r->width) return "too little memory for responses";
  const size_t room = ALIGNMENT / sizeof(float);
  for (size_t i = 0; i < r->width; i++)
    if (r->neurons[i] < 0 || ((size_t)r->neurons[i] + 1) * n->floats + room > held) return "there is no such neuron";
  return NULL;
}

// Computes before it returns.
static napi_value respond_now(napi_env env, napi_callback_info info) {
  size_t count = 5;
  napi_value arguments[5];
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  Request request = {0};
  const char *problem = read_request(env, arguments, &request);
  if (problem == NULL && !compute_request(&request, request.site->threads)) problem = "no memory for responses";
  return problem == NULL ? NULL : fail(env, problem);
}

typedef struct Call Call;

typedef struct {
  Threads *threads; // NULL once they have ended
  int count;
  napi_threadsafe_function finished;
  Call *running; // while there are any, the process stays alive
} Pool;

struct Call {
  Request request;
  Pool *pool;
  napi_ref done;
  Call *next;
};

static void finish_call(Request *request) {
  napi_call_threadsafe_function(((Call *)request)->pool->finished, request, napi_tsfn_nonblocking);
}

// Runs on the thread of JavaScript; env is NULL once the pool has been stopped.
static void call_back(napi_env env, napi_value function, void *context, void *data) {
  (void)function, (void)context;
  if (env == NULL) return;
  Call *call = data, **link = &call->pool->running;
  while (*link != call) link = &(*link)->next;
  *link = call->next;
  if (call->pool->running == NULL) napi_unref_threadsafe_function(env, call->pool->finished);
  napi_value done, undefined, failed;
  napi_get_reference_value(env, call->done, &done);
  napi_get_undefined(env, &undefined);
  napi_get_boolean(env, call->request.failed, &failed);
  napi_delete_reference(env, call->done);
  free(call);
  napi_call_function(env, undefined, done, 1, &failed, NULL);
}

static void stop_pool(void *data) {
  Pool *pool = data;
  if (pool->threads == NULL) return;
  stop_threads(pool->threads);
  pool->threads = NULL;
  for (Call *call = pool->running, *next; call != NULL; call = next) {
    next = call->next;
    free(call);
  }
}

static void finalize_pool(napi_env env, void *data, void *hint) {
  (void)hint;
  napi_remove_env_cleanup_hook(env, stop_pool, data);
  stop_pool(data);
  free(data);
}

// (count) -> threads
static napi_value start(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument, name, external;
  napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
  int32_t threads;
  if (napi_get_value_int32(env, argument, &threads) != napi_ok || threads < 1) return fail(env, "wrong number of threads");
  Pool *pool = calloc(1, sizeof(Pool));
  if (pool == NULL || (pool->threads = start_threads(threads)) == NULL) {
    free(pool);
    return fail(env, "the system starts no threads");
  }
  pool->count = threads;
  napi_create_string_utf8(env, "kernels", NAPI_AUTO_LENGTH, &name);
  napi_create_threadsafe_function(env, NULL, NULL, name, 0, 1, NULL, NULL, NULL, call_back, &pool->finished);
  napi_unref_threadsafe_function(env, pool->finished);
  napi_add_env_cleanup_hook(env, stop_pool, pool);
  napi_create_external(env, pool, finalize_pool, NULL, &external);
  return external;
}

// (threads): ends them. Calls that they have not finished are never done.
static napi_value stop(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  Pool *pool;
  napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
  napi_get_value_external(env, argument, (void **)&pool);
  if (pool->threads == NULL) return NULL;
  for (const Call *call = pool->running; call != NULL; call = call->next) napi_delete_reference(env, call->done);
  stop_pool(pool);
  napi_release_threadsafe_function(pool->finished, napi_tsfn_abort);
  return NULL;
}

// (site, weights, images, neurons, responses, threads, background, done: (failed) => void)
static napi_value respond_later(napi_env env, napi_callback_info info) {
  size_t count = 8;
  napi_value arguments[8];
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  Call *call = calloc(1, sizeof(Call));
  if (call == NULL) return fail(env, "no memory for a request");
  const char *problem = read_request(env, arguments, &call->request);
  bool background = false;
  napi_get_value_external(env, arguments[5], (void **)&call->pool);
  napi_get_value_bool(env, arguments[6], &background);
  if (problem == NULL && call->pool->threads == NULL) problem = "the threads have ended";
  if (problem == NULL && call->request.site->threads < call->pool->count) problem = "the site has too few threads";
  if (problem != NULL) {
    free(call);
    return fail(env, problem);
  }
  call->request.background = background;
  call->request.finish = finish_call;
  napi_create_reference(env, arguments[7], 1, &call->done);
  if (call->pool->running == NULL) napi_ref_threadsafe_function(env, call->pool->finished);
  call->next = call->pool->running;
  call->pool->running = call;
  add_request(call->pool->threads, &call->request);
  return NULL;
}

NAPI_MODULE_INIT() {
  const Kernels *kernels = KERNELS_FOR_CPU(kernels);
  if (kernels == NULL) return exports; // onnxruntime's own kernels are faster than those for SSE2
  napi_set_named_property(env, exports, "instructions", text(env, kernels->name));
  napi_set_named_property(env, exports, "block", number(env, kernels->block));
  const Function functions[] = {{"createSite", create},
                                {"firstPlace", first_place},
                                {"preferLargePages", prefer_large_pages},
                                {"packStep", pack_step},
                                {"respondNow", respond_now},
                                {"startThreads", start},
                                {"stopThreads", stop},
                                {"respondLater", respond_later}};
  offer(env, exports, functions, sizeof functions / sizeof *functions);
  offer_mailboxes(env, exports);
  return exports;
}
