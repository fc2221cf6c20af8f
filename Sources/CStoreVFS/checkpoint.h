#ifndef CHECKPOINT_H
#define CHECKPOINT_H

#include <sqlite3.h>
#include <stdint.h>

// What was written to one place of the database, known again by its hash.
typedef struct {
    int64_t offset;
    uint64_t low, high;
    int count;
} Written;

typedef enum {
    CHECKPOINT_NONE,
    CHECKPOINT_WRITES, // the first step writes, and what it writes is remembered
    CHECKPOINT_SYNCS,  // another thread brings it to disk
    CHECKPOINT_SYNCED, // the second step leaves out what is on disk
} CheckpointState;

// A checkpoint whose sync is made by another thread: what its first step wrote, in the order of the offsets.
typedef struct {
    sqlite3_file *database; // SQLite's own; NULL: not open for writing
    CheckpointState state;
    Written *written;
    int count, room;
} Checkpoint;

// Before a write to the database. 1: these bytes stand there already, and are on disk.
int checkpoint_skips(Checkpoint *checkpoint, const void *bytes, int count, int64_t offset);
// After a write to the database that succeeded.
void checkpoint_wrote(Checkpoint *checkpoint, const void *bytes, int count, int64_t offset);
// Nothing is known any more of what stands in the database.
void checkpoint_forget(Checkpoint *checkpoint);

#endif
