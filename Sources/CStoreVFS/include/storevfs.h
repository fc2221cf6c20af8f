#ifndef STOREVFS_H
#define STOREVFS_H

#include <stdint.h>

// The store's way to the disk: an SQLite VFS (https://www.sqlite.org/vfs.html) over another one, which it passes everything
// to. It does two things besides:
// - What SQLite keeps to itself is noted: an error at a checkpoint that SQLite makes of its own accord, or at cutting the WAL,
//   is told to nobody, and the next commit goes on as if nothing had happened.
// - When the disk is full, room is made by cutting a piece off a reserve file, and the same write is tried again: so that no
//   transaction ends half-way, and what removes can be written when nothing else can.
//
// It belongs to the thread that the connection belongs to.
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

#endif
