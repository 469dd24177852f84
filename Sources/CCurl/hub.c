// For the signal functions.
#define _POSIX_C_SOURCE 200809L

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "transfer.h"

struct mvc_hub {
    CURLM *multi;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static void start_libcurl(void) { curl_global_init(CURL_GLOBAL_ALL); }

mvc_hub *mvc_hub_make(long connections) {
    pthread_once(&once, start_libcurl);
    mvc_hub *hub = calloc(1, sizeof *hub);
    if (hub == NULL) return NULL;
    hub->multi = curl_multi_init();
    if (hub->multi == NULL) {
        free(hub);
        return NULL;
    }
    curl_multi_setopt(hub->multi, CURLMOPT_MAXCONNECTS, connections);
    curl_multi_setopt(hub->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, connections);
    return hub;
}

void mvc_hub_free(mvc_hub *hub) {
    if (hub == NULL) return;
    curl_multi_cleanup(hub->multi);
    free(hub);
}

int mvc_hub_run(mvc_hub *hub) {
    int running = 0;
    return curl_multi_perform(hub->multi, &running) == CURLM_OK ? 0 : -1;
}

int mvc_hub_wait(mvc_hub *hub, int timeout_ms) {
    return curl_multi_poll(hub->multi, NULL, 0, timeout_ms, NULL) == CURLM_OK ? 0 : -1;
}

void mvc_hub_wake(mvc_hub *hub) { curl_multi_wakeup(hub->multi); }

int mvc_hub_start(mvc_hub *hub, mvc_transfer *transfer) {
    if (!mvc_transfer_prepare(transfer)) return -1;
    return curl_multi_add_handle(hub->multi, transfer->easy) == CURLM_OK ? 0 : -1;
}

void mvc_hub_stop(mvc_hub *hub, mvc_transfer *transfer) { curl_multi_remove_handle(hub->multi, transfer->easy); }

mvc_transfer *mvc_hub_finished(mvc_hub *hub) {
    int left = 0;
    CURLMsg *message;
    while ((message = curl_multi_info_read(hub->multi, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE) continue;
        CURL *easy = message->easy_handle;
        CURLcode code = message->data.result;  // gone once the handle is removed
        mvc_transfer *transfer = NULL;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&transfer);
        if (transfer != NULL) mvc_transfer_note_end(transfer, code);
        curl_multi_remove_handle(hub->multi, easy);
        if (transfer != NULL) return transfer;
    }
    return NULL;
}

void mvc_thread_begins(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}
