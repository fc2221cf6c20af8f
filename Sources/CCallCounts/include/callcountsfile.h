#ifndef CALLCOUNTSFILE_H
#define CALLCOUNTSFILE_H

#include "callcounts.h"

// The layout of the file: for the two sides only.

enum { CALLCOUNTS_VERSION = 1, CALLCOUNTS_THREADS = 1024 };

// One thread's, alone on its cache lines: it alone adds to it, with no more than a plain addition. What a thread that is gone
// has counted stays. The last slot is shared by those that came when all were taken, and is added to atomically.
typedef struct {
    CallCounts counts;
    char padding[192 - sizeof(CallCounts) % 64];
} __attribute__((aligned(64))) CallCountsSlot;

struct CallCountsFile {
    uint32_t version;  // written last
    int32_t process;
    uint32_t threads;
    uint32_t lives;
    CallCountsLife life[CALLCOUNTS_LIVES];
    CallCountsSlot slots[CALLCOUNTS_THREADS];
};

// The sum over the slots that are in use.
CallCounts callcounts_sum(const CallCountsFile *file);

#endif
