#define _GNU_SOURCE
#include "slots.h"
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

// Which kind of file a descriptor is, looked at once, when it is opened: 0: none that was opened by name.
enum { DESCRIPTORS = 65536 };
static unsigned char kinds[DESCRIPTORS];

// The function that stands behind ours.
#define BEHIND(name)                                                     \
    static __typeof__(&name) behind;                                     \
    if (__builtin_expect(!behind, 0)) behind = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

static int ends_in(const char *name, const char *suffix) {
    size_t length = strlen(name), tail = strlen(suffix);
    return length >= tail && strcmp(name + length - tail, suffix) == 0;
}

static int opened(int fd, const char *name, int flags) {
    if (fd < 0 || fd >= DESCRIPTORS) return fd;
    int kind = ends_in(name, ".db") ? CALLCOUNTS_DATABASE : ends_in(name, "-wal") ? CALLCOUNTS_WAL : CALLCOUNTS_OTHER;
    kinds[fd] = (unsigned char)(kind + 1);
    if (kind == CALLCOUNTS_DATABASE && flags & O_CREAT) begin_life();
    return fd;
}

// Which kind; -1: what is written there is not counted.
static int kind_of(int fd) { return fd >= 0 && fd < DESCRIPTORS ? kinds[fd] - 1 : -1; }

static ssize_t wrote(int fd, ssize_t bytes) {
    int kind = kind_of(fd);
    if (kind < 0 || bytes < 0) return bytes;
    CallCounts *counts = counters();
    count(&counts->writes[kind], 1);
    count(&counts->written[kind], (uint64_t)bytes);
    return bytes;
}

static int synced(int fd, int result) {
    int kind = kind_of(fd);
    if (kind >= 0) count(&counters()->syncs[kind], 1);
    return result;
}

static int truncated(int fd, int result) {
    int kind = kind_of(fd);
    if (kind >= 0) count(&counters()->truncations[kind], 1);
    return result;
}

// The mode is there only when a file may be made.
#define MODE(mode)                              \
    mode_t mode = 0;                            \
    if (flags & (O_CREAT | __O_TMPFILE)) {      \
        va_list arguments;                      \
        va_start(arguments, flags);             \
        mode = va_arg(arguments, mode_t);       \
        va_end(arguments);                      \
    }

int open(const char *name, int flags, ...) {
    MODE(mode);
    BEHIND(open);
    return opened(behind(name, flags, mode), name, flags);
}

int open64(const char *name, int flags, ...) {
    MODE(mode);
    BEHIND(open64);
    return opened(behind(name, flags, mode), name, flags);
}

int openat(int folder, const char *name, int flags, ...) {
    MODE(mode);
    BEHIND(openat);
    return opened(behind(folder, name, flags, mode), name, flags);
}

int openat64(int folder, const char *name, int flags, ...) {
    MODE(mode);
    BEHIND(openat64);
    return opened(behind(folder, name, flags, mode), name, flags);
}

int close(int fd) {
    BEHIND(close);
    if (fd >= 0 && fd < DESCRIPTORS) kinds[fd] = 0;
    return behind(fd);
}

ssize_t write(int fd, const void *bytes, size_t size) {
    BEHIND(write);
    return wrote(fd, behind(fd, bytes, size));
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset) {
    BEHIND(pwrite);
    return wrote(fd, behind(fd, bytes, size, offset));
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t offset) {
    BEHIND(pwrite64);
    return wrote(fd, behind(fd, bytes, size, offset));
}

ssize_t writev(int fd, const struct iovec *parts, int number) {
    BEHIND(writev);
    return wrote(fd, behind(fd, parts, number));
}

ssize_t pwritev(int fd, const struct iovec *parts, int number, off_t offset) {
    BEHIND(pwritev);
    return wrote(fd, behind(fd, parts, number, offset));
}

int fsync(int fd) {
    BEHIND(fsync);
    return synced(fd, behind(fd));
}

int fdatasync(int fd) {
    BEHIND(fdatasync);
    return synced(fd, behind(fd));
}

int ftruncate(int fd, off_t size) {
    BEHIND(ftruncate);
    return truncated(fd, behind(fd, size));
}

int ftruncate64(int fd, off64_t size) {
    BEHIND(ftruncate64);
    return truncated(fd, behind(fd, size));
}

static uint64_t nanoseconds(const struct timespec *time) {
    return (uint64_t)time->tv_sec * 1000000000 + (uint64_t)time->tv_nsec;
}

// It begins at some second, since 0 may mean "never".
static int ticked(struct timespec *time) {
    static uint64_t readings;
    uint64_t now = 1000000000 + ++readings * clock_tick();
    *time = (struct timespec){(time_t)(now / 1000000000), (long)(now % 1000000000)};
    return 0;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    BEHIND(clock_gettime);
    if (clock == CLOCK_MONOTONIC && clock_tick() > 0) return ticked(time);
    int result = behind(clock, time);
    if (clock == CLOCK_MONOTONIC && result == 0 && notes_readings()) {
        struct timespec own;
        behind(CLOCK_PROCESS_CPUTIME_ID, &own);
        note_reading(nanoseconds(time), nanoseconds(&own));
    }
    return result;
}
