// What functions of a module of Node read and give.
#ifndef ARGUMENTS_H
#define ARGUMENTS_H
#include <node_api.h>
#include <stdint.h>

enum { ALIGNMENT = 64 };

static inline napi_value fail(napi_env env, const char *message) {
  napi_throw_error(env, NULL, message);
  return NULL;
}

// The data of a typed array, and its length.
static inline void *read_array(napi_env env, napi_value value, napi_typedarray_type wanted, size_t *length) {
  napi_typedarray_type type;
  void *data = NULL;
  if (napi_get_typedarray_info(env, value, &type, length, &data, NULL, NULL) != napi_ok || type != wanted) return NULL;
  return data;
}

// The first place of an array where vectors may begin. Arrays for vectors have ALIGNMENT more bytes than they need.
static inline float *aligned(float *data) {
  return (float *)(((uintptr_t)data + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
}

static inline napi_value number(napi_env env, double value) {
  napi_value result;
  napi_create_double(env, value, &result);
  return result;
}

static inline napi_value text(napi_env env, const char *value) {
  napi_value result;
  napi_create_string_utf8(env, value, NAPI_AUTO_LENGTH, &result);
  return result;
}

typedef struct {
  const char *name;
  napi_callback call;
} Function;

static inline void offer(napi_env env, napi_value exports, const Function *functions, size_t count) {
  for (size_t i = 0; i < count; i++) {
    napi_value function;
    napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, functions[i].call, NULL, &function);
    napi_set_named_property(env, exports, functions[i].name, function);
  }
}
#endif
