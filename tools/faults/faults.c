// Faults of the disk for a child process: preloaded before libc, it counts the calls that change files and makes
// chosen ones fail, lie, stop half way or end the process. README.md beside this file has the language of the plans.
//
// It acts between the program (LMDB included) and the kernel, so what LMDB reads back through its map is what really
// reached the file. Writes inside libc itself (fwrite) do not pass here.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum call { WRITE, WRITEV, PWRITE, PWRITEV, FTRUNCATE, FDATASYNC, FSYNC, RENAME, CALLS };
static const char *const call_names[CALLS] = {
    "write", "writev", "pwrite", "pwritev", "ftruncate", "fdatasync", "fsync", "rename",
};

static const struct {
    const char *name;
    unsigned calls;  // a bit for each call that it stands for
} groups[] = {
    {"writes", 1u << WRITE | 1u << WRITEV | 1u << PWRITE | 1u << PWRITEV},
    {"syncs", 1u << FDATASYNC | 1u << FSYNC},
    {"any", (1u << CALLS) - 1},
};

enum action { PASS, FAIL, DROP, HALF, TEAR, FREEZE, KILL, KILL_AFTER };

static const struct {
    const char *name;
    enum action action;
    int error;
} actions[] = {
    {"drop", DROP, 0},        {"half", HALF, 0},          {"tear", TEAR, 0},        {"freeze", FREEZE, 0},
    {"kill", KILL, 0},        {"kill-after", KILL_AFTER, 0}, {"EIO", FAIL, EIO},    {"ENOSPC", FAIL, ENOSPC},
    {"EDQUOT", FAIL, EDQUOT}, {"EINTR", FAIL, EINTR},     {"EROFS", FAIL, EROFS},   {"EACCES", FAIL, EACCES},
    {"EFBIG", FAIL, EFBIG},   {"EPERM", FAIL, EPERM},
};

struct rule {
    unsigned calls;
    unsigned long first, last;  // from 1, both included
    enum action action;
    int error;
    atomic_ulong seen;
};

#define RULES 32
static struct rule rules[RULES];
static size_t rule_count;
static atomic_ulong counts[CALLS];
static atomic_bool frozen;
static const char *only_path;    // files whose path does not hold this text are left alone; NULL: all files
static const char *counts_path;  // where the counts are written after each call; NULL: nowhere

static void refuse(const char *what, const char *plan) {
    dprintf(STDERR_FILENO, "memvec faults: %s in the plan \"%s\"\n", what, plan);
    _exit(97);
}

// One rule, CALL:NUMBERS:ACTION, as README.md describes it.
static void add_rule(char *text, const char *plan) {
    if (rule_count == RULES) refuse("more than 32 rules", plan);
    struct rule *rule = &rules[rule_count++];
    char *rest = NULL;
    char *call = strtok_r(text, ":", &rest);
    char *numbers = strtok_r(NULL, ":", &rest);
    char *action = strtok_r(NULL, ":", &rest);
    if (!call || !numbers || !action) refuse("a rule that is not CALL:NUMBERS:ACTION", plan);

    for (int i = 0; i < CALLS; i++) {
        if (!strcmp(call, call_names[i])) rule->calls = 1u << i;
    }
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        if (!strcmp(call, groups[i].name)) rule->calls = groups[i].calls;
    }
    if (!rule->calls) refuse("an unknown call", plan);

    char *end = numbers;
    rule->first = rule->last = strtoul(numbers, &end, 10);
    if (*end == '+' && !end[1]) {
        rule->last = ULONG_MAX;
    } else if (*end == '-') {
        rule->last = strtoul(end + 1, &end, 10);
    }
    bool understood = rule->first && rule->first <= rule->last && (!*end || *end == '+');
    if (!understood) refuse("numbers other than N, N+ or N-M", plan);

    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
        if (strcmp(action, actions[i].name)) continue;
        rule->action = actions[i].action;
        rule->error = actions[i].error;
    }
    if (rule->action == PASS) refuse("an unknown action", plan);
}

__attribute__((constructor)) static void read_plan(void) {
    only_path = getenv("MEMVEC_FAULTS_PATH");
    counts_path = getenv("MEMVEC_FAULTS_COUNTS");
    const char *plan = getenv("MEMVEC_FAULTS");
    if (!plan || !*plan) return;
    char *copy = strdup(plan), *rest = NULL;
    if (!copy) refuse("no memory for a copy", plan);
    for (char *text = strtok_r(copy, ",", &rest); text; text = strtok_r(NULL, ",", &rest)) add_rule(text, plan);
    free(copy);
}

// Only regular files and folders are disks; and of these the ones that the plan is about.
static bool concerns(int fd) {
    struct stat status;
    if (fstat(fd, &status) || !(S_ISREG(status.st_mode) || S_ISDIR(status.st_mode))) return false;
    if (!only_path) return true;
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof(path) - 1);
    if (length < 0) return false;
    path[length] = 0;
    return strstr(path, only_path) != NULL;
}

// System calls, not libc's functions: nothing here may be counted itself.
static void save_counts(void) {
    if (!counts_path) return;
    int fd = (int)syscall(SYS_openat, AT_FDCWD, counts_path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) return;
    char text[CALLS * 32];
    int length = 0;
    for (int i = 0; i < CALLS; i++) {
        length += snprintf(text + length, sizeof(text) - (size_t)length, "%s %lu\n", call_names[i], counts[i]);
    }
    (void)!syscall(SYS_pwrite64, fd, text, length, 0L);
    syscall(SYS_close, fd);
}

// Counts one call and says what is to become of it; a kill does not return.
static enum action meet(enum call call, int *error) {
    int saved = errno;
    counts[call]++;
    save_counts();
    enum action action = PASS;
    for (size_t i = 0; i < rule_count; i++) {
        if (!(rules[i].calls & 1u << call)) continue;
        unsigned long number = ++rules[i].seen;
        if (action != PASS || number < rules[i].first || number > rules[i].last) continue;
        action = rules[i].action;
        *error = rules[i].error;
    }
    if (action == KILL) kill(getpid(), SIGKILL);
    if (action == FREEZE) frozen = true;
    errno = saved;
    return frozen ? DROP : action;
}

static void end_after(enum action action) {
    if (action == KILL_AFTER) kill(getpid(), SIGKILL);
}

static long failed(int error) {
    errno = error;
    return -1;
}

// The outcome of a call that moves `size` bytes, of which `move(fd, buffer, n, offset)` moves n.
static ssize_t moved(enum call call, int fd, const void *bytes, size_t size, off_t offset,
                     ssize_t (*move)(int, const void *, size_t, off_t)) {
    if (!concerns(fd)) return move(fd, bytes, size, offset);
    int error = 0;
    enum action action = meet(call, &error);
    if (action == FAIL) return failed(error);
    if (action == DROP) return (ssize_t)size;
    if (action == HALF) return move(fd, bytes, size > 1 ? size / 2 : size, offset);
    if (action == TEAR) return move(fd, bytes, size / 2, offset) < 0 ? -1 : (ssize_t)size;
    ssize_t result = move(fd, bytes, size, offset);
    end_after(action);
    return result;
}

static ssize_t move_on(int fd, const void *bytes, size_t size, off_t offset) {
    (void)offset;  // the file's own position
    return syscall(SYS_write, fd, bytes, size);
}

static ssize_t move_to(int fd, const void *bytes, size_t size, off_t offset) {
    return syscall(SYS_pwrite64, fd, bytes, size, offset);
}

static ssize_t move_all(int fd, const struct iovec *pieces, int count, off_t offset) {
    return offset < 0 ? syscall(SYS_writev, fd, pieces, count) : syscall(SYS_pwritev, fd, pieces, count, offset, 0L);
}

// A write of several pieces to `offset`, or to where the file stands when it is negative.
static ssize_t moved_pieces(enum call call, int fd, const struct iovec *pieces, int count, off_t offset) {
    if (!concerns(fd)) return move_all(fd, pieces, count, offset);
    size_t size = 0;
    for (int i = 0; i < count; i++) size += pieces[i].iov_len;
    int error = 0;
    enum action action = meet(call, &error);
    if (action == FAIL) return failed(error);
    if (action == DROP) return (ssize_t)size;
    if (action == HALF || action == TEAR) {
        size_t left = size / 2;
        for (int i = 0; i < count && left; i++) {
            size_t part = pieces[i].iov_len < left ? pieces[i].iov_len : left;
            ssize_t result = offset < 0 ? move_on(fd, pieces[i].iov_base, part, 0)
                                        : move_to(fd, pieces[i].iov_base, part, offset);
            if (result < 0) return -1;
            if (offset >= 0) offset += (off_t)part;
            left -= part;
        }
        return (ssize_t)(action == TEAR ? size : size / 2);
    }
    ssize_t result = move_all(fd, pieces, count, offset);
    end_after(action);
    return result;
}

// The outcome of a call that is done or not, by file: a sync or a truncation.
static int done(enum call call, int fd, long number, long argument) {
    int error = 0;
    enum action action = concerns(fd) ? meet(call, &error) : PASS;
    if (action == FAIL) return (int)failed(error);
    if (action == DROP) return 0;
    int result = (int)syscall(number, fd, argument);
    end_after(action);
    return result;
}

static int renamed(int from_folder, const char *from, int to_folder, const char *to, unsigned flags) {
    bool ours = !only_path || strstr(from, only_path) || strstr(to, only_path);
    int error = 0;
    enum action action = ours ? meet(RENAME, &error) : PASS;
    if (action == FAIL) return (int)failed(error);
    if (action == DROP) return 0;
    int result = (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
    end_after(action);
    return result;
}

// What libc exports. Programs compiled for large files call the names with 64.
ssize_t write(int fd, const void *bytes, size_t size) { return moved(WRITE, fd, bytes, size, 0, move_on); }
ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset) {
    return moved(PWRITE, fd, bytes, size, offset, move_to);
}
ssize_t pwrite64(int fd, const void *bytes, size_t size, off_t offset) {
    return moved(PWRITE, fd, bytes, size, offset, move_to);
}
ssize_t writev(int fd, const struct iovec *pieces, int count) { return moved_pieces(WRITEV, fd, pieces, count, -1); }
ssize_t pwritev(int fd, const struct iovec *pieces, int count, off_t offset) {
    return moved_pieces(PWRITEV, fd, pieces, count, offset);
}
ssize_t pwritev64(int fd, const struct iovec *pieces, int count, off_t offset) {
    return moved_pieces(PWRITEV, fd, pieces, count, offset);
}
ssize_t pwritev64v2(int fd, const struct iovec *pieces, int count, off_t offset, int flags) {
    if (flags) return syscall(SYS_pwritev2, fd, pieces, count, offset, 0L, flags);  // nobody here asks for any
    return moved_pieces(PWRITEV, fd, pieces, count, offset);
}
ssize_t pwritev2(int fd, const struct iovec *pieces, int count, off_t offset, int flags) {
    return pwritev64v2(fd, pieces, count, offset, flags);
}
int ftruncate(int fd, off_t length) { return done(FTRUNCATE, fd, SYS_ftruncate, length); }
int ftruncate64(int fd, off_t length) { return done(FTRUNCATE, fd, SYS_ftruncate, length); }
int fdatasync(int fd) { return done(FDATASYNC, fd, SYS_fdatasync, 0); }
int fsync(int fd) { return done(FSYNC, fd, SYS_fsync, 0); }
int rename(const char *from, const char *to) { return renamed(AT_FDCWD, from, AT_FDCWD, to, 0); }
int renameat(int from_folder, const char *from, int to_folder, const char *to) {
    return renamed(from_folder, from, to_folder, to, 0);
}
int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags) {
    return renamed(from_folder, from, to_folder, to, flags);
}
