// Small requests between two processes, in memory that both share. A byte on a pair of sockets says that a request or
// its answer is there. No JavaScript of the process that computes takes part.
#ifndef MAILBOX_H
#define MAILBOX_H
#include <node_api.h>

// Adds the functions that addon.ts describes.
void offer_mailboxes(napi_env, napi_value exports);
#endif
