#define _GNU_SOURCE
#include "slots.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static CallCountsFile *file;
static int cuts;
static uint64_t tick;

// What comes before there is a file; nobody reads it.
static CallCountsSlot nowhere;
static CallCountsSlot *shared = &nowhere;

// The initial-exec model needs no allocation, which would call itself.
static __thread CallCountsSlot *mine __attribute__((tls_model("initial-exec")));

// Runs before the program's own code. What it starts in turn is not counted: the file would be taken for its own.
__attribute__((constructor)) static void begin(void) {
    const char *path = getenv(CALLCOUNTS_FILE);
    const char *program = getenv(CALLCOUNTS_PROGRAM);
    if (!path || (program && strcmp(program, program_invocation_short_name) != 0)) return;
    cuts = getenv(CALLCOUNTS_CUTS) != NULL;
    const char *given = getenv(CALLCOUNTS_TICK);
    tick = given ? strtoull(given, NULL, 10) : 0;
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return;
    void *mapped = MAP_FAILED;
    if (ftruncate(fd, sizeof(CallCountsFile)) == 0) {
        mapped = mmap(NULL, sizeof(CallCountsFile), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    }
    close(fd);
    unsetenv("LD_PRELOAD");
    if (mapped == MAP_FAILED) return;
    file = mapped;
    file->process = getpid();
    shared = &file->slots[CALLCOUNTS_THREADS - 1];
    mine = NULL;
    __atomic_store_n(&file->version, CALLCOUNTS_VERSION, __ATOMIC_RELEASE);
}

static CallCountsSlot *take_slot(void) {
    if (!file) return shared;
    uint32_t number = __atomic_fetch_add(&file->threads, 1, __ATOMIC_RELAXED);
    mine = number < CALLCOUNTS_THREADS - 1 ? &file->slots[number] : shared;
    return mine;
}

CallCounts *counters(void) { return &(mine ? mine : take_slot())->counts; }

void count(uint64_t *counter, uint64_t by) {
    if (__builtin_expect(mine == shared || !mine, 0)) {
        __atomic_fetch_add(counter, by, __ATOMIC_RELAXED);
    } else {
        // Nobody else writes it, and a reader sees the old or the new value.
        __atomic_store_n(counter, *counter + by, __ATOMIC_RELAXED);
    }
}

void begin_life(void) {
    if (file && cuts) __atomic_fetch_add(&file->lives, 1, __ATOMIC_RELAXED);
}

uint64_t clock_tick(void) { return tick; }

int notes_readings(void) { return file && cuts && file->lives > 0 && file->lives <= CALLCOUNTS_LIVES; }

// Only programs of one thread are cut.
void note_reading(uint64_t wall, uint64_t processor) {
    CallCountsLife *life = &file->life[file->lives - 1];
    CallCountsMark now = {callcounts_sum(file), wall, processor};
    if (life->readings++ == 0) life->first = now;
    memmove(&life->last[0], &life->last[1], sizeof(CallCountsMark) * (CALLCOUNTS_LAST - 1));
    life->last[CALLCOUNTS_LAST - 1] = now;
}
