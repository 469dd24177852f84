// What the files of this door share.
#ifndef MVC_TRANSFER_H
#define MVC_TRANSFER_H

#include <curl/curl.h>

#include "CCurl.h"

typedef struct mvc_bytes {
    char *start;
    size_t count;
    size_t capacity;
} mvc_bytes;

struct mvc_transfer {
    CURL *easy;
    struct curl_slist *headers;
    uint64_t number;
    size_t answer_limit;
    mvc_bytes answer;
    mvc_bytes answer_headers;
    long status;
    int outcome;
    bool is_too_large;
    bool is_out_of_memory;
    char message[CURL_ERROR_SIZE];
};

/// Gives libcurl the headers. False: it has no memory.
bool mvc_transfer_prepare(mvc_transfer *transfer);
/// Writes down how it ended.
void mvc_transfer_note_end(mvc_transfer *transfer, CURLcode code);

#endif
