#include "mailbox.h"
#include "arguments.h"
#include "threads.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/syscall.h>
#endif

enum { PIXELS = 1 << 14, NEURONS = 256, RESPONSES = 1024, SITES = 256 };
enum { COMPUTED, NO_SITE, NO_FIT, NO_MEMORY };

// What both processes see.
typedef struct {
  uint32_t site, pixels, images, neurons, outcome;
  float pixel[PIXELS];
  int32_t neuron[NEURONS];
  float response[RESPONSES];
} Mail;

static int ring(int bell) {
  ssize_t sent;
  do sent = write(bell, "", 1);
  while (sent < 0 && errno == EINTR);
  return sent == 1;
}

static Mail *map_mail(int memory) {
  void *mail = mmap(NULL, sizeof(Mail), PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
  return mail == MAP_FAILED ? NULL : mail;
}

// The process that sends requests.

typedef struct {
  Mail *mail;
  int bell;
} Sender;

static int create_memory(void) {
#if defined(__linux__)
  return (int)syscall(SYS_memfd_create, "hypercolumn", 1u /* MFD_CLOEXEC */);
#else
  char name[32];
  snprintf(name, sizeof name, "/hypercolumn-%d", (int)getpid());
  const int memory = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
  if (memory >= 0) shm_unlink(name);
  return memory;
#endif
}

static void close_sender(Sender *sender) {
  if (sender->mail != NULL) munmap(sender->mail, sizeof(Mail));
  if (sender->bell >= 0) close(sender->bell);
  free(sender);
}

static void finalize_sender(napi_env env, void *sender, void *hint) {
  (void)env, (void)hint;
  close_sender(sender);
}

// () -> { mailbox, bell, inherited: [memory, bell of the other process] }; undefined where the system gives no memory
static napi_value create_mailbox(napi_env env, napi_callback_info info) {
  (void)info;
  Sender *sender = calloc(1, sizeof(Sender));
  if (sender == NULL) return fail(env, "no memory for a mailbox");
  int pair[2] = {-1, -1};
  const int memory = create_memory();
  sender->bell = -1;
  if (memory < 0 || ftruncate(memory, sizeof(Mail)) != 0 || (sender->mail = map_mail(memory)) == NULL ||
      socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0 || (sender->bell = fcntl(pair[0], F_DUPFD_CLOEXEC, 0)) < 0) {
    if (memory >= 0) close(memory);
    if (pair[0] >= 0) close(pair[0]), close(pair[1]);
    close_sender(sender);
    return NULL;
  }
  for (int i = 0; i < 2; i++) fcntl(pair[i], F_SETFD, FD_CLOEXEC);
  napi_value result, external, inherited;
  napi_create_object(env, &result);
  napi_create_external(env, sender, finalize_sender, NULL, &external);
  napi_create_array(env, &inherited);
  napi_set_element(env, inherited, 0, number(env, memory));
  napi_set_element(env, inherited, 1, number(env, pair[1]));
  napi_set_named_property(env, result, "mailbox", external);
  napi_set_named_property(env, result, "bell", number(env, pair[0]));
  napi_set_named_property(env, result, "inherited", inherited);
  return result;
}

// (mailbox, site, pixels: Float32Array, images, neurons: Int32Array) -> whether it had room and was sent
static napi_value post(napi_env env, napi_callback_info info) {
  size_t count = 5, pixels = 0, neurons = 0;
  napi_value arguments[5], sent;
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  Sender *sender;
  uint32_t site, images;
  napi_get_value_external(env, arguments[0], (void **)&sender);
  napi_get_value_uint32(env, arguments[1], &site);
  const float *pixel = read_array(env, arguments[2], napi_float32_array, &pixels);
  napi_get_value_uint32(env, arguments[3], &images);
  const int32_t *neuron = read_array(env, arguments[4], napi_int32_array, &neurons);
  if (pixel == NULL || neuron == NULL) return fail(env, "wrong arrays for a request");
  const bool fits = pixels <= PIXELS && neurons <= NEURONS && (uint64_t)images * neurons <= RESPONSES;
  if (fits) {
    Mail *mail = sender->mail;
    mail->site = site;
    mail->pixels = (uint32_t)pixels;
    mail->images = images;
    mail->neurons = (uint32_t)neurons;
    memcpy(mail->pixel, pixel, pixels * sizeof(float));
    memcpy(mail->neuron, neuron, neurons * sizeof(int32_t));
  }
  napi_get_boolean(env, fits && ring(sender->bell), &sent);
  return sent;
}

// (mailbox, responses: Float32Array): takes the answer
static napi_value collect(napi_env env, napi_callback_info info) {
  static const char *const problems[] = {
      NULL, "the model is not loaded", "the request does not fit the model", "there is no memory for responses"};
  size_t count = 2, places = 0;
  napi_value arguments[2];
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  Sender *sender;
  napi_get_value_external(env, arguments[0], (void **)&sender);
  float *responses = read_array(env, arguments[1], napi_float32_array, &places);
  const Mail *mail = sender->mail;
  const uint32_t outcome = mail->outcome;
  if (responses == NULL || places > RESPONSES) return fail(env, "wrong memory for responses");
  if (outcome != COMPUTED) return fail(env, problems[outcome <= NO_MEMORY ? outcome : NO_FIT]);
  memcpy(responses, mail->response, places * sizeof(float));
  return NULL;
}

// The process that computes.

typedef struct {
  uint32_t number; // 0: none
  Site *site;
  const float *weights;
  size_t held; // neurons
} Entry;

typedef struct {
  Mail *mail;
  int bell;
  pthread_t thread;
  pthread_mutex_t lock; // of the entries, also while one is computed
  Entry entries[SITES];
  uint32_t last;
  bool stopped;
} Answerer;

static Entry *find(Answerer *box, uint32_t wanted) {
  for (int i = 0; i < SITES; i++)
    if (box->entries[i].number == wanted) return box->entries + i;
  return NULL;
}

static int compute(Answerer *box) {
  Mail *mail = box->mail;
  const Entry *entry = mail->site == 0 ? NULL : find(box, mail->site);
  if (entry == NULL) return NO_SITE;
  const Network *n = &entry->site->network;
  const size_t each = (size_t)n->stimulus_channels * n->stimulus_height * n->stimulus_width;
  Request request = {.site = entry->site,
                     .weights = entry->weights,
                     .images = mail->pixel,
                     .count = mail->images,
                     .neurons = mail->neuron,
                     .width = mail->neurons,
                     .responses = mail->response};
  if (request.width == 0 || request.width > NEURONS || request.count == 0 || request.count * request.width > RESPONSES ||
      request.count * each != mail->pixels || mail->pixels > PIXELS)
    return NO_FIT;
  for (size_t i = 0; i < request.width; i++)
    if (request.neurons[i] < 0 || (size_t)request.neurons[i] >= entry->held) return NO_FIT;
  // The last memory is that of the thread of JavaScript, which computes other requests meanwhile.
  return compute_request(&request, entry->site->threads - 1) ? COMPUTED : NO_MEMORY;
}

static void *answer(void *argument) {
  Answerer *box = argument;
  for (char byte;;) {
    const ssize_t got = read(box->bell, &byte, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got != 1) return NULL; // the other process has gone, or the mailbox is closed
    pthread_mutex_lock(&box->lock);
    box->mail->outcome = (uint32_t)compute(box);
    pthread_mutex_unlock(&box->lock);
    if (!ring(box->bell)) return NULL;
  }
}

static void stop_answering(void *data) {
  Answerer *box = data;
  if (box->stopped) return;
  box->stopped = true;
  shutdown(box->bell, SHUT_RDWR);
  pthread_join(box->thread, NULL);
  close(box->bell);
  munmap(box->mail, sizeof(Mail));
}

static void finalize_answerer(napi_env env, void *box, void *hint) {
  (void)hint;
  napi_remove_env_cleanup_hook(env, stop_answering, box);
  stop_answering(box);
  free(box);
}

// (memory, bell) -> answerer; undefined where the system gives no memory or no thread
static napi_value answer_mailbox(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value arguments[2], external;
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  Answerer *box = calloc(1, sizeof(Answerer));
  if (box == NULL) return fail(env, "no memory for a mailbox");
  int32_t memory = -1;
  napi_get_value_int32(env, arguments[0], &memory);
  napi_get_value_int32(env, arguments[1], &box->bell);
  box->mail = map_mail(memory);
  close(memory);
  pthread_mutex_init(&box->lock, NULL);
  if (box->mail == NULL || pthread_create(&box->thread, NULL, answer, box) != 0) {
    if (box->mail != NULL) munmap(box->mail, sizeof(Mail));
    close(box->bell);
    free(box);
    return NULL;
  }
  // Processes that this one starts have no use for it.
  fcntl(box->bell, F_SETFD, FD_CLOEXEC);
  napi_add_env_cleanup_hook(env, stop_answering, box);
  napi_create_external(env, box, finalize_answerer, NULL, &external);
  return external;
}

// (answerer, site, weights: Float32Array) -> its number, 0 where there is no room
static napi_value add_site(napi_env env, napi_callback_info info) {
  size_t count = 3, length = 0;
  napi_value arguments[3];
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  Answerer *box;
  Site *site;
  napi_get_value_external(env, arguments[0], (void **)&box);
  napi_get_value_external(env, arguments[1], (void **)&site);
  float *weights = read_array(env, arguments[2], napi_float32_array, &length);
  const size_t margin = ALIGNMENT / sizeof(float);
  if (weights == NULL || length < margin || site->threads < 1) return fail(env, "wrong site for a mailbox");
  const size_t held = (length - margin) / site->network.floats;
  pthread_mutex_lock(&box->lock);
  Entry *entry = find(box, 0);
  if (entry != NULL) *entry = (Entry){++box->last, site, aligned(weights), held};
  const uint32_t given = entry == NULL ? 0 : entry->number;
  pthread_mutex_unlock(&box->lock);
  return number(env, given);
}

// (answerer, number): its memory may go afterwards
static napi_value remove_site(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value arguments[2];
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  Answerer *box;
  uint32_t given;
  napi_get_value_external(env, arguments[0], (void **)&box);
  napi_get_value_uint32(env, arguments[1], &given);
  pthread_mutex_lock(&box->lock);
  Entry *entry = given == 0 ? NULL : find(box, given);
  if (entry != NULL) *entry = (Entry){0};
  pthread_mutex_unlock(&box->lock);
  return NULL;
}

// (answerer): ends its thread
static napi_value close_answerer(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
  Answerer *box;
  napi_get_value_external(env, argument, (void **)&box);
  stop_answering(box);
  return NULL;
}

void offer_mailboxes(napi_env env, napi_value exports) {
  const Function functions[] = {{"createMailbox", create_mailbox}, {"post", post},
                                {"collect", collect},              {"answerMailbox", answer_mailbox},
                                {"addSite", add_site},             {"removeSite", remove_site},
                                {"closeAnswerer", close_answerer}};
  offer(env, exports, functions, sizeof functions / sizeof *functions);
}
