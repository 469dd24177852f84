// The door to libcurl's multi interface: transfers whose bodies are bytes in memory, many at once on one thread.
#ifndef CCURL_H
#define CCURL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// How a transfer ended.
enum {
    MVC_ANSWERED = 0,
    MVC_TIMED_OUT = -1,    // after the request, or some of it, was sent
    MVC_UNREACHABLE = -2,  // nothing was sent: no address, no connection, no TLS
    MVC_LOST = -3,         // the connection broke, or the answer is shorter than it says
    MVC_GARBLED = -4,      // what came is not HTTP
    MVC_TOO_LARGE = -5,    // the answer is longer than the request allows
    MVC_REFUSED_URL = -6,  // not a URL, or neither http nor https
    MVC_NO_MEMORY = -7,
    MVC_RUNNING = -8
};

/// Connections and the transfers that run over them. One thread uses it; only mvc_hub_wake is for all.
typedef struct mvc_hub mvc_hub;

/// One request and what came of it. Owned by its maker, also while it runs.
typedef struct mvc_transfer mvc_transfer;

/// What a transfer may take and how it connects.
typedef struct mvc_limits {
    long timeout_ms;          // of everything; at least 1
    long connect_timeout_ms;  // of the address, the connection and TLS; at least 1
    size_t answer_bytes;      // of the body
    bool uses_proxy;          // as the variables http_proxy, https_proxy and no_proxy say
    const char *ca_file;      // certificates to trust; NULL: the system's
} mvc_limits;

/// `connections` are kept open for later transfers. NULL: no memory.
mvc_hub *mvc_hub_make(long connections);
/// No transfer may be running.
void mvc_hub_free(mvc_hub *hub);

/// Sends and receives what can be without waiting. 0, or -1 when libcurl itself failed.
int mvc_hub_run(mvc_hub *hub);
/// Waits until something can be sent or received, until mvc_hub_wake, or so long. 0, or -1 as above.
int mvc_hub_wait(mvc_hub *hub, int timeout_ms);
/// Ends the wait of this moment, or the next one. From any thread.
void mvc_hub_wake(mvc_hub *hub);

/// Starts a transfer; `transfer` stays its maker's. 0, or -1 if it could not be started.
int mvc_hub_start(mvc_hub *hub, mvc_transfer *transfer);
/// Takes a running transfer off; its connection is closed.
void mvc_hub_stop(mvc_hub *hub, mvc_transfer *transfer);
/// The next transfer that has ended, taken off; NULL when there is none.
mvc_transfer *mvc_hub_finished(mvc_hub *hub);

/// Copies all that it is given. NULL: no memory.
mvc_transfer *mvc_transfer_make(
    uint64_t number, const char *method, const char *url, const uint8_t *body, size_t body_count, bool sends_body,
    const mvc_limits *limits);
/// One header line, "Name: value". False: no memory.
bool mvc_transfer_add_header(mvc_transfer *transfer, const char *line);
void mvc_transfer_free(mvc_transfer *transfer);

uint64_t mvc_transfer_number(const mvc_transfer *transfer);
/// MVC_ANSWERED and so on.
int mvc_transfer_outcome(const mvc_transfer *transfer);
/// What libcurl says of the failure; never NULL.
const char *mvc_transfer_message(const mvc_transfer *transfer);
long mvc_transfer_status(const mvc_transfer *transfer);
/// The header lines of the last answer, without its first line, as they came. Valid until the transfer is freed.
const char *mvc_transfer_headers(const mvc_transfer *transfer, size_t *count);
/// The body. Valid until the transfer is freed.
const uint8_t *mvc_transfer_body(const mvc_transfer *transfer, size_t *count);

/// To be called once by the thread that runs a hub: TLS may write to a connection that is gone, and the signal of that
/// must not end the process.
void mvc_thread_begins(void);

#endif
