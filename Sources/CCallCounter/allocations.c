#include "slots.h"
#include <errno.h>
#include <stddef.h>

// glibc's own, under the names that it has for whoever stands in front of it: asking dlsym for them would allocate.
void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);

static void note(size_t bytes) {
    CallCounts *counts = counters();
    count(&counts->allocations, 1);
    count(&counts->allocated, bytes);
}

void *malloc(size_t bytes) {
    note(bytes);
    return __libc_malloc(bytes);
}

void *calloc(size_t number, size_t bytes) {
    note(number * bytes);
    return __libc_calloc(number, bytes);
}

void *realloc(void *given, size_t bytes) {
    note(bytes);
    return __libc_realloc(given, bytes);
}

void *memalign(size_t alignment, size_t bytes) {
    note(bytes);
    return __libc_memalign(alignment, bytes);
}

void *aligned_alloc(size_t alignment, size_t bytes) {
    note(bytes);
    return __libc_memalign(alignment, bytes);
}

int posix_memalign(void **result, size_t alignment, size_t bytes) {
    if (alignment % sizeof(void *) != 0 || (alignment & (alignment - 1)) != 0 || alignment == 0) return EINVAL;
    note(bytes);
    void *given = __libc_memalign(alignment, bytes);
    if (!given) return ENOMEM;
    *result = given;
    return 0;
}
