#include "checkpoint.h"
#include "reserve.h"
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

// The place of the entry for `offset`, or where it would be.
static int place_of(const Checkpoint *checkpoint, int64_t offset) {
    int low = 0, high = checkpoint->count;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (checkpoint->written[middle].offset < offset) low = middle + 1;
        else high = middle;
    }
    return low;
}

static Written *find(Checkpoint *checkpoint, int64_t offset) {
    int place = place_of(checkpoint, offset);
    if (place == checkpoint->count || checkpoint->written[place].offset != offset) return NULL;
    return &checkpoint->written[place];
}

int checkpoint_skips(Checkpoint *checkpoint, const void *bytes, int count, int64_t offset) {
    if (checkpoint->state != CHECKPOINT_SYNCED) return 0;
    Written *found = find(checkpoint, offset);
    if (!found || found->count != count) return 0;
    XXH128_hash_t hash = XXH3_128bits(bytes, (size_t)count);
    return found->low == hash.low64 && found->high == hash.high64;
}

static void remember(Checkpoint *checkpoint, const void *bytes, int count, int64_t offset) {
    if (checkpoint->count == checkpoint->room) {
        int room = checkpoint->room ? 2 * checkpoint->room : 4096;
        Written *larger = realloc(checkpoint->written, (size_t)room * sizeof(Written));
        // Not remembered, it costs a second write.
        if (!larger) return;
        checkpoint->written = larger;
        checkpoint->room = room;
    }
    XXH128_hash_t hash = XXH3_128bits(bytes, (size_t)count);
    checkpoint->written[checkpoint->count++] = (Written){offset, hash.low64, hash.high64, count};
}

void checkpoint_wrote(Checkpoint *checkpoint, const void *bytes, int count, int64_t offset) {
    // SQLite writes the pages of a checkpoint in their order (wal.c, walIteratorNext). What is written out of turn, or after
    // the first step, may not be on disk: that place is not known again.
    int isInTurn = checkpoint->count == 0 || checkpoint->written[checkpoint->count - 1].offset < offset;
    if (checkpoint->state == CHECKPOINT_WRITES && isInTurn) {
        remember(checkpoint, bytes, count, offset);
    } else {
        Written *found = find(checkpoint, offset);
        if (found) found->count = 0;
    }
}

void checkpoint_forget(Checkpoint *checkpoint) {
    checkpoint->state = CHECKPOINT_NONE;
    checkpoint->count = 0;
}

void store_vfs_leave_unsynced(StoreVFS *vfs) {
    checkpoint_forget(&vfs->checkpoint);
    if (vfs->checkpoint.database) vfs->checkpoint.state = CHECKPOINT_WRITES;
}

void store_vfs_written(StoreVFS *vfs) {
    if (vfs->checkpoint.state == CHECKPOINT_WRITES) vfs->checkpoint.state = CHECKPOINT_SYNCS;
}

int store_vfs_sync(const StoreVFS *vfs) {
    sqlite3_file *file = vfs->checkpoint.database;
    return file ? file->pMethods->xSync(file, SQLITE_SYNC_NORMAL) : SQLITE_OK;
}

void store_vfs_synced(StoreVFS *vfs, int code) {
    if (code != SQLITE_OK) {
        checkpoint_forget(&vfs->checkpoint);
        if (vfs->error == 0) vfs->error = code;
    } else if (vfs->checkpoint.state == CHECKPOINT_SYNCS) {
        vfs->checkpoint.state = CHECKPOINT_SYNCED;
    }
}

void store_vfs_forget(StoreVFS *vfs) { checkpoint_forget(&vfs->checkpoint); }
