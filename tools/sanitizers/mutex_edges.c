// Tells the thread sanitizer what it cannot see of Swift's Mutex on Linux, for tests that are preloaded with it.
//
// A Mutex that two threads want at once is handed over inside libswiftSynchronization and the kernel (a futex with
// priority inheritance). Neither is instrumented, so the sanitizer misses the order between the two holders and reports
// races that are none. The two slow paths are wrapped here and say "released" and "acquired" to it; the fast paths are
// inlined atomics, which it sees. tools/sanitizers/check shows that real races are still found.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context))
#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK_SLOW "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

static void (*acquired)(void *), (*released)(void *);  // NULL in a process without the sanitizer
static SWIFT void (*next_lock)(uint32_t, SELF void *);
static SWIFT void (*next_unlock)(SELF void *);

__attribute__((constructor)) static void find(void) {
    acquired = (void (*)(void *))dlsym(RTLD_DEFAULT, "__tsan_acquire");
    released = (void (*)(void *))dlsym(RTLD_DEFAULT, "__tsan_release");
    *(void **)&next_lock = dlsym(RTLD_NEXT, LOCK_SLOW);
    *(void **)&next_unlock = dlsym(RTLD_NEXT, UNLOCK_SLOW);
}

SWIFT void lock_slow(uint32_t thread, SELF void *mutex) __asm__(LOCK_SLOW);
SWIFT void lock_slow(uint32_t thread, SELF void *mutex) {
    next_lock(thread, mutex);
    if (acquired) acquired(mutex);
}

SWIFT void unlock_slow(SELF void *mutex) __asm__(UNLOCK_SLOW);
SWIFT void unlock_slow(SELF void *mutex) {
    if (released) released(mutex);
    next_unlock(mutex);
}
