#include "callcountsfile.h"
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

const CallCountsFile *callcounts_open(const char *path) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return NULL;
    struct stat status;
    void *mapped = MAP_FAILED;
    if (fstat(fd, &status) == 0 && status.st_size == sizeof(CallCountsFile)) {
        mapped = mmap(NULL, sizeof(CallCountsFile), PROT_READ, MAP_SHARED, fd, 0);
    }
    close(fd);
    if (mapped == MAP_FAILED) return NULL;
    const CallCountsFile *file = mapped;
    if (__atomic_load_n(&file->version, __ATOMIC_ACQUIRE) == CALLCOUNTS_VERSION) return file;
    callcounts_close(file);
    errno = EPROTO;
    return NULL;
}

void callcounts_close(const CallCountsFile *file) { munmap((void *)file, sizeof(CallCountsFile)); }

int callcounts_process(const CallCountsFile *file) { return file->process; }

CallCounts callcounts_sum(const CallCountsFile *file) {
    CallCounts sum = {0};
    uint32_t threads = __atomic_load_n(&file->threads, __ATOMIC_ACQUIRE);
    uint32_t used = threads < CALLCOUNTS_THREADS ? threads : CALLCOUNTS_THREADS;
    // All of them are 64-bit counters, one after the other.
    uint64_t *total = (uint64_t *)&sum;
    for (uint32_t i = 0; i < used; i++) {
        const uint64_t *one = (const uint64_t *)&file->slots[i].counts;
        for (size_t k = 0; k < sizeof(CallCounts) / sizeof(uint64_t); k++) {
            total[k] += __atomic_load_n(&one[k], __ATOMIC_RELAXED);
        }
    }
    return sum;
}

CallCounts callcounts_read(const CallCountsFile *file) { return callcounts_sum(file); }

__attribute__((noinline)) void callcounts_phase_ends(void) { __asm__ volatile(""); }

int callcounts_lives(const CallCountsFile *file) {
    return file->lives < CALLCOUNTS_LIVES ? (int)file->lives : CALLCOUNTS_LIVES;
}

CallCountsLife callcounts_life(const CallCountsFile *file, int number) { return file->life[number]; }
