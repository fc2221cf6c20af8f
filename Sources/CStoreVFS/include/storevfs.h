#ifndef STOREVFS_H
#define STOREVFS_H

#include <stdint.h>

// The store's way to the disk: an SQLite VFS (https://www.sqlite.org/vfs.html) over another one, which it passes everything
// to. It does three things besides:
// - What SQLite keeps to itself is noted: an error at a checkpoint that SQLite makes of its own accord, or at cutting the WAL,
//   is told to nobody, and the next commit goes on as if nothing had happened.
// - When the disk is full, room is made by cutting a piece off a reserve file, and the same write is tried again: so that no
//   transaction ends half-way, and what removes can be written when nothing else can.
// - The sync of a checkpoint, which takes as long as the disk likes, can be made by another thread while the connection's own
//   goes on committing to the WAL. SQLite knows no such thing, so the checkpoint is made twice: the first writes the pages and
//   is told SQLITE_BUSY where it would sync, so that SQLite takes nothing for done; the second finds what it would write
//   known by its hash and on disk, writes the few pages that have changed since, and syncs those.
//
// It belongs to the thread that the connection belongs to, `store_vfs_sync` alone to any.
typedef struct StoreVFS StoreVFS;

// Registers it as `name` over the VFS `base` (NULL: SQLite's own). NULL: there is no such base, or no memory.
StoreVFS *store_vfs_create(const char *name, const char *base);
// Every connection must have been closed. The reserve stays.
void store_vfs_destroy(StoreVFS *vfs);

// The first error (an SQLite result code) of a write, sync or truncation; 0: there was none.
int store_vfs_error(const StoreVFS *vfs);

// Closing the connection afterwards writes nothing and deletes nothing, whatever is left in its WAL.
void store_leave_as_it_is(void *connection);

// Names the reserve, which is made when it is not there (empty), or removed when `bytes` is 0. 0, or an errno.
int store_vfs_reserve(StoreVFS *vfs, const char *path, int64_t bytes);
// Allocates what is missing of the reserve, if the disk has room for that and a piece more. 0: it is whole; ENOSPC: there is
// no room; or another errno.
int store_vfs_fill(StoreVFS *vfs);
// Bytes that the reserve holds now.
int64_t store_vfs_reserved(const StoreVFS *vfs);

// The first step of a checkpoint: between these two, what is written to the database is remembered, and not synced.
void store_vfs_leave_unsynced(StoreVFS *vfs);
void store_vfs_written(StoreVFS *vfs);
// Syncs the database; on any thread, while the connection is open and makes no checkpoint. An SQLite result code.
int store_vfs_sync(const StoreVFS *vfs);
// What came of it: an error is final, like any other of a sync. Until `store_vfs_forget` nothing that is on disk since is
// written again.
void store_vfs_synced(StoreVFS *vfs, int code);
void store_vfs_forget(StoreVFS *vfs);

#endif
