#include "transfer.h"

#include <stdlib.h>
#include <string.h>

static bool append(mvc_bytes *bytes, const char *more, size_t count) {
    if (count > bytes->capacity - bytes->count) {
        size_t capacity = bytes->capacity < 4096 ? 4096 : bytes->capacity;
        while (capacity - bytes->count < count) {
            if (capacity > SIZE_MAX / 2) return false;
            capacity *= 2;
        }
        char *start = realloc(bytes->start, capacity);
        if (start == NULL) return false;
        bytes->start = start;
        bytes->capacity = capacity;
    }
    if (count > 0) memcpy(bytes->start + bytes->count, more, count);
    bytes->count += count;
    return true;
}

static size_t take_body(char *data, size_t size, size_t count, void *context) {
    mvc_transfer *transfer = context;
    size_t bytes = size * count;
    if (bytes > transfer->answer_limit - transfer->answer.count) {
        transfer->is_too_large = true;
        return CURL_WRITEFUNC_ERROR;
    }
    if (!append(&transfer->answer, data, bytes)) {
        transfer->is_out_of_memory = true;
        return CURL_WRITEFUNC_ERROR;
    }
    return bytes;
}

// Headers count against a limit of their own, so that an endless line of them ends, too.
enum { HEADER_BYTES = 256 * 1024 };

static size_t take_header(char *data, size_t size, size_t count, void *context) {
    mvc_transfer *transfer = context;
    size_t bytes = size * count;
    if (bytes >= 5 && memcmp(data, "HTTP/", 5) == 0) {
        transfer->answer_headers.count = 0;  // after "100 Continue" comes the answer itself
        return bytes;
    }
    if (bytes > HEADER_BYTES - transfer->answer_headers.count) {
        transfer->is_too_large = true;
        return 0;
    }
    if (!append(&transfer->answer_headers, data, bytes)) {
        transfer->is_out_of_memory = true;
        return 0;
    }
    return bytes;
}

static bool set_method(CURL *easy, const char *method, const uint8_t *body, size_t count, bool sends_body) {
    if (strcmp(method, "HEAD") == 0) return curl_easy_setopt(easy, CURLOPT_NOBODY, 1L) == CURLE_OK;
    if (sends_body) {
        if (curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)count) != CURLE_OK) return false;
        // Copied: the size must have been set before.
        if (curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, count > 0 ? (const char *)body : "") != CURLE_OK) {
            return false;
        }
    }
    return curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method) == CURLE_OK;
}

static bool set_options(mvc_transfer *transfer, const char *url, const mvc_limits *limits) {
    CURL *easy = transfer->easy;
    bool fine = curl_easy_setopt(easy, CURLOPT_URL, url) == CURLE_OK;
    fine &= curl_easy_setopt(easy, CURLOPT_PRIVATE, (void *)transfer) == CURLE_OK;
    fine &= curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->message) == CURLE_OK;
    fine &= curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK;
    fine &= curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK;
    fine &= curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK;
    // The path is signed as it stands: nothing may mend it.
    fine &= curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L) == CURLE_OK;
    // Many connections rather than many streams in one: a lost packet then holds up one transfer only.
    fine &= curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK;
    fine &= curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L) == CURLE_OK;
    fine &= curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 256L * 1024) == CURLE_OK;
    fine &= curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, 256L * 1024) == CURLE_OK;
    fine &= curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, limits->timeout_ms) == CURLE_OK;
    fine &= curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, limits->connect_timeout_ms) == CURLE_OK;
    fine &= curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK;
    fine &= curl_easy_setopt(easy, CURLOPT_WRITEDATA, (void *)transfer) == CURLE_OK;
    fine &= curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header) == CURLE_OK;
    fine &= curl_easy_setopt(easy, CURLOPT_HEADERDATA, (void *)transfer) == CURLE_OK;
    if (!limits->uses_proxy) fine &= curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK;
    if (limits->ca_file != NULL) fine &= curl_easy_setopt(easy, CURLOPT_CAINFO, limits->ca_file) == CURLE_OK;
    return fine;
}

mvc_transfer *mvc_transfer_make(
    uint64_t number, const char *method, const char *url, const uint8_t *body, size_t body_count, bool sends_body,
    const mvc_limits *limits) {
    mvc_transfer *transfer = calloc(1, sizeof *transfer);
    if (transfer == NULL) return NULL;
    transfer->number = number;
    transfer->outcome = MVC_RUNNING;
    transfer->answer_limit = limits->answer_bytes;
    transfer->easy = curl_easy_init();
    if (transfer->easy == NULL || !set_options(transfer, url, limits) ||
        !set_method(transfer->easy, method, body, body_count, sends_body) ||
        // libcurl asks servers for leave to send long bodies, and waits a second for those that do not know that.
        !mvc_transfer_add_header(transfer, "Expect:")) {
        mvc_transfer_free(transfer);
        return NULL;
    }
    return transfer;
}

bool mvc_transfer_add_header(mvc_transfer *transfer, const char *line) {
    struct curl_slist *longer = curl_slist_append(transfer->headers, line);
    if (longer == NULL) return false;
    transfer->headers = longer;
    return true;
}

bool mvc_transfer_prepare(mvc_transfer *transfer) {
    return curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->headers) == CURLE_OK;
}

void mvc_transfer_free(mvc_transfer *transfer) {
    if (transfer == NULL) return;
    if (transfer->easy != NULL) curl_easy_cleanup(transfer->easy);
    curl_slist_free_all(transfer->headers);
    free(transfer->answer.start);
    free(transfer->answer_headers.start);
    free(transfer);
}

/// Whether some of the request may have reached the server.
static bool was_sent(CURL *easy) {
    long header_bytes = 0;
    curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &header_bytes);
    return header_bytes > 0;
}

static int outcome_of(const mvc_transfer *transfer, CURLcode code) {
    if (transfer->is_too_large) return MVC_TOO_LARGE;
    if (transfer->is_out_of_memory) return MVC_NO_MEMORY;
    bool sent = was_sent(transfer->easy);
    switch (code) {
    case CURLE_OK: return MVC_ANSWERED;
    case CURLE_OUT_OF_MEMORY: return MVC_NO_MEMORY;
    case CURLE_URL_MALFORMAT: return MVC_REFUSED_URL;
    case CURLE_OPERATION_TIMEDOUT: return sent ? MVC_TIMED_OUT : MVC_UNREACHABLE;
    // Also what a server that speaks HTTP/0.9, or no HTTP at all, gets.
    case CURLE_UNSUPPORTED_PROTOCOL: return sent ? MVC_GARBLED : MVC_REFUSED_URL;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING: return MVC_GARBLED;
    default: return sent ? MVC_LOST : MVC_UNREACHABLE;
    }
}

void mvc_transfer_note_end(mvc_transfer *transfer, CURLcode code) {
    transfer->outcome = outcome_of(transfer, code);
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &transfer->status);
    if (code != CURLE_OK && transfer->message[0] == 0) {
        strncpy(transfer->message, curl_easy_strerror(code), sizeof transfer->message - 1);
    }
}

uint64_t mvc_transfer_number(const mvc_transfer *transfer) { return transfer->number; }
int mvc_transfer_outcome(const mvc_transfer *transfer) { return transfer->outcome; }
const char *mvc_transfer_message(const mvc_transfer *transfer) { return transfer->message; }
long mvc_transfer_status(const mvc_transfer *transfer) { return transfer->status; }

const char *mvc_transfer_headers(const mvc_transfer *transfer, size_t *count) {
    *count = transfer->answer_headers.count;
    return transfer->answer_headers.start;
}

const uint8_t *mvc_transfer_body(const mvc_transfer *transfer, size_t *count) {
    *count = transfer->answer.count;
    return (const uint8_t *)transfer->answer.start;
}
