#ifndef FAULTVFS_H
#define FAULTVFS_H

#include <stdint.h>

// A disk in memory, reached as an SQLite VFS (https://www.sqlite.org/vfs.html), that forgets and fails on purpose.
//
// It belongs to one thread at a time, and a database on it to one connection at a time: locks are not kept, the shared
// memory of the WAL index is heap, and opening a database twice is refused. Names of files are taken as they come.
//
// What is sound about it, and what it leaves out:
// - A file is what was last synced, plus the writes and truncations since. On a power loss any of those may survive, in any
//   order and torn at 512 or 4096 bytes; bytes outside of a write are never touched by it (SQLite counts on that as
//   "powersafe overwrite", and the unix VFS claims it). Room that a file grew by without being written is zeros or garbage.
// - A name in the directory is durable when the directory was synced after it was made or removed. The unix VFS does that
//   at the first sync of each opening of a journal or WAL (also of one that was there before: seen with strace, 3.40.1), at a
//   deletion that asks for it, and never for the database itself; so does this. (ext4 syncs the name of a new file with the file; nothing here relies on that.)
// - A failed sync leaves what was written readable and not on the disk, and the next sync does not bring it there either:
//   Linux marks the pages clean (https://lwn.net/Articles/752063/).
typedef struct FaultDisk FaultDisk;

typedef enum { FAULT_WRITE = 0, FAULT_SYNC = 1, FAULT_TRUNCATE = 2 } FaultKind;

typedef enum {
    FAULT_EIO = 0,   // nothing was done
    FAULT_SHORT = 1, // of a write, half was done, then EIO
    FAULT_FULL = 2   // no room
} FaultManner;

// Makes an empty disk and registers it as the VFS `name`. The same seed loses the same.
FaultDisk *fault_disk_create(const char *name, uint64_t seed);
void fault_disk_destroy(FaultDisk *disk);

// What changes files or names, so far: writes, truncations, syncs, files made and deleted.
uint64_t fault_disk_operations(const FaultDisk *disk);
// The power goes at the operation with this number, counted from 1 at the disk's creation: before it, in the middle of it,
// or right after. Everything fails until it is back.
void fault_disk_lose_power_at(FaultDisk *disk, uint64_t operation);
void fault_disk_lose_power(FaultDisk *disk);
int fault_disk_has_power(const FaultDisk *disk);
// What was not synced is in part forgotten. No file may be open.
void fault_disk_restore_power(FaultDisk *disk);

// The k-th operation of this kind from now on fails; `stays`: and all of the kind after it. k = 0: none.
void fault_disk_fail(FaultDisk *disk, FaultKind kind, FaultManner manner, uint64_t k, int stays);
// How many operations have failed that way.
uint64_t fault_disk_failures(const FaultDisk *disk);

// Bytes of a file; -1: there is none.
int64_t fault_disk_size(const FaultDisk *disk, const char *name);

#endif
