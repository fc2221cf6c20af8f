#ifndef RESERVE_H
#define RESERVE_H

#include "checkpoint.h"
#include "storevfs.h"
#include <sqlite3.h>

struct StoreVFS {
    sqlite3_vfs vfs;
    sqlite3_vfs *base;
    char *name;
    int error;
    int reserve; // a descriptor; -1: none
    int64_t whole, held, piece;
    Checkpoint checkpoint;
};

// Gives a piece of the reserve back to the file system. 0: nothing is left of it.
int reserve_release(StoreVFS *vfs);

#endif
