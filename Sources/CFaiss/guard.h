// What every function of the door has around its body. Private to CFaiss.
#ifndef CFAISS_GUARD_H
#define CFAISS_GUARD_H

#include "CFaiss.h"

#include <cstdio>
#include <exception>
#include <new>

namespace mvf {

/// Thrown where the caller's progress function said to stop.
struct Cancelled {};

/// Runs `body` and turns what it throws into a code and a text.
template <class F>
int guarded(mvf_error *error, F &&body) noexcept {
    try {
        body();
        return MVF_OK;
    } catch (const Cancelled &) {
        std::snprintf(error->text, sizeof error->text, "%s", "cancelled");
        return MVF_CANCELLED;
    } catch (const std::bad_alloc &) {
        std::snprintf(error->text, sizeof error->text, "%s", "no memory");
        return MVF_NO_MEMORY;
    } catch (const std::exception &e) {
        std::snprintf(error->text, sizeof error->text, "%s", e.what());
    } catch (...) {
        std::snprintf(error->text, sizeof error->text, "%s", "unknown error");
    }
    return MVF_FAILED;
}

/// FAISS's OpenMP and OpenBLAS's own threads would fight over the cores: both get one, and work is cut up above them.
/// OpenMP's number is the calling thread's own.
void use_one_thread();

}  // namespace mvf

#endif
