// Threads that compute responses, and the requests that wait for them.
#ifndef THREADS_H
#define THREADS_H
#include "network.h"

// The networks of a site, and the memory in which each thread computes them.
typedef struct {
  const Kernels *kernels;
  Network network;
  int threads;
  float **memory; // of each thread, and of the caller; made when it is first used
} Site;

typedef struct Request Request;
struct Request {
  Site *site;
  const float *weights; // of neuron 0; a line of the cache begins here
  const float *images;  // [image][channel][row][column]
  size_t count;         // of images
  const int32_t *neurons;
  size_t width; // of neurons
  float *responses; // [image][neuron]
  int background; // it waits while others are computed
  int failed; // there was no memory
  void (*finish)(Request *); // called by a thread, once
  // The threads' own.
  size_t pieces, taken, ended;
  Request *later;
};

Site *create_site(const Kernels *, int threads);
void delete_site(Site *);
// Of the memory of a thread.
size_t thread_bytes(const Site *);

typedef struct Threads Threads;
// NULL where the system gives no threads.
Threads *start_threads(int count);
// Ends the threads. Requests that they have not finished are not finished.
void stop_threads(Threads *);
void add_request(Threads *, Request *);

// Computes a request on the thread that calls, in the memory of a thread; `site->threads` has that of the caller.
// Returns 0 where there is no memory.
int compute_request(Request *, int thread);
#endif
