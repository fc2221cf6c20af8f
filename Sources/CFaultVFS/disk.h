#ifndef DISK_H
#define DISK_H

#include "faultvfs.h"
#include <sqlite3.h>
#include <stddef.h>

typedef struct {
    uint8_t *bytes;
    int64_t size, capacity;
} Buffer;

// A change that no sync has covered yet: bytes at an offset, or (bytes NULL) a truncation to `offset`.
typedef struct {
    int64_t offset, count;
    uint8_t *bytes;
} Change;

typedef struct Inode {
    Buffer content; // what is read
    Buffer durable; // what the last sync left on the disk
    Change *changes;
    int changeCount, changeCapacity;
    void **regions; // shared memory of the WAL index
    int regionCount;
    int openCount;
    struct Inode *next;
} Inode;

// A name, with all that it has stood for since the directory was last synced: the first is durable, the last is so now.
typedef struct Entry {
    char *name;
    Inode **history; // NULL: no file
    int count;
    struct Entry *next;
} Entry;

struct FaultDisk {
    sqlite3_vfs vfs;
    char *name;
    Inode *inodes;
    Entry *entries;
    uint64_t random;
    uint64_t operations, powerLossAt, failures;
    int isOff;
    FaultKind failKind;
    FaultManner failManner;
    uint64_t failIn;
    int failStays;
};

uint64_t disk_random(FaultDisk *disk, uint64_t below);
void buffer_write(Buffer *buffer, const void *bytes, int64_t count, int64_t offset);
void buffer_truncate(Buffer *buffer, int64_t size);
Inode *disk_find(const FaultDisk *disk, const char *name);
Inode *disk_make(FaultDisk *disk, const char *name);
void disk_remove(FaultDisk *disk, const char *name);
void disk_sync_directory(FaultDisk *disk);
void inode_write(Inode *inode, const void *bytes, int64_t count, int64_t offset);
void inode_truncate(Inode *inode, int64_t size);
void inode_sync(Inode *inode);
void inode_drop_changes(Inode *inode);
void inode_drop_regions(Inode *inode);
// Nonzero: the power is off, or goes now; `after`: it goes after the operation, which is still to be done.
int disk_step(FaultDisk *disk, int *after);
// Nonzero: this one is to fail, in this manner.
int disk_fails(FaultDisk *disk, FaultKind kind, FaultManner *manner);
void vfs_fill(FaultDisk *disk);

#endif
