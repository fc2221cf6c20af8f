#ifndef CALLCOUNTS_H
#define CALLCOUNTS_H

#include <stdint.h>

// What CCallCounter, preloaded into a process, counts there: a file that both sides map. Whoever reads needs nothing of the
// process but the file's path, and reads also what a process that is gone has counted.

// Environment of the process that is counted: the path of the file, which the counter makes anew. The server takes every
// RESTANTE_… for a setting, so these are named otherwise.
#define CALLCOUNTS_FILE "CALLCOUNTS_FILE"
// The last part of the name by which a program was called: others on the way to it (`valgrind`, `env`) are not counted.
#define CALLCOUNTS_PROGRAM "CALLCOUNTS_PROGRAM"
// Set to anything: each reading of CLOCK_MONOTONIC by the process also notes what was counted so far (CallCountsLife).
#define CALLCOUNTS_CUTS "CALLCOUNTS_CUTS"
// Nanoseconds: CLOCK_MONOTONIC goes on by so many whenever it is read, and otherwise stands still, so that what a program
// decides by the time does not depend on the machine. For a program of one thread that does not sleep.
#define CALLCOUNTS_TICK "CALLCOUNTS_TICK"

// Which files: a name that ends in ".db"; the "-wal" of any; everything else that was opened by name. Sockets and pipes are
// not counted.
enum { CALLCOUNTS_DATABASE, CALLCOUNTS_WAL, CALLCOUNTS_OTHER, CALLCOUNTS_FILES };

typedef struct {
    uint64_t allocations;  // calls of malloc, calloc, realloc, posix_memalign, aligned_alloc, memalign
    uint64_t allocated;    // bytes they asked for
    uint64_t syncs[CALLCOUNTS_FILES];      // fsync, fdatasync
    uint64_t writes[CALLCOUNTS_FILES];     // write, pwrite, writev, pwritev
    uint64_t written[CALLCOUNTS_FILES];    // bytes they wrote
    uint64_t truncations[CALLCOUNTS_FILES];
} CallCounts;

// With CALLCOUNTS_CUTS: what had been counted at the first and at the last three readings of the clock since a database
// was opened anew (O_CREAT of what is no WAL). A program that measures itself reads its clock where a phase begins and ends.
enum { CALLCOUNTS_LAST = 3, CALLCOUNTS_LIVES = 64 };
typedef struct {
    CallCounts counts;
    uint64_t wall, processor;  // nanoseconds: CLOCK_MONOTONIC as it was read, CLOCK_PROCESS_CPUTIME_ID
} CallCountsMark;
typedef struct {
    uint64_t readings;
    CallCountsMark first;
    CallCountsMark last[CALLCOUNTS_LAST];  // the oldest first, when there were as many
} CallCountsLife;

typedef struct CallCountsFile CallCountsFile;

// Maps the file of a process; NULL: there is none, or it is not of this version (errno says more).
const CallCountsFile *callcounts_open(const char *path);
void callcounts_close(const CallCountsFile *file);

// The process that is counted.
int callcounts_process(const CallCountsFile *file);

// The sum over all threads, each as it is now.
CallCounts callcounts_read(const CallCountsFile *file);

// How many databases were opened anew, and what was noted of each; only when the process is gone.
int callcounts_lives(const CallCountsFile *file);
CallCountsLife callcounts_life(const CallCountsFile *file, int number);

// Does nothing: whoever watches from outside sees where one phase of a program ends and the next begins
// (`valgrind --tool=callgrind --dump-before=callcounts_phase_ends`).
void callcounts_phase_ends(void);

#endif
