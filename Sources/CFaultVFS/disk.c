#include "disk.h"
#include <stdlib.h>
#include <string.h>

// SplitMix64 (https://prng.di.unimi.it/splitmix64.c).
uint64_t disk_random(FaultDisk *disk, uint64_t below) {
    uint64_t mixed = (disk->random += 0x9E3779B97F4A7C15u);
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBu;
    return (mixed ^ (mixed >> 31)) % below;
}

// ---------------------------------------------------------------- bytes

static void grow(Buffer *buffer, int64_t size) {
    if (size > buffer->capacity) {
        int64_t capacity = buffer->capacity ? buffer->capacity : 4096;
        while (capacity < size) capacity *= 2;
        buffer->bytes = realloc(buffer->bytes, (size_t)capacity);
        if (!buffer->bytes) abort();
        buffer->capacity = capacity;
    }
    if (size > buffer->size) {
        memset(buffer->bytes + buffer->size, 0, (size_t)(size - buffer->size));
        buffer->size = size;
    }
}

void buffer_write(Buffer *buffer, const void *bytes, int64_t count, int64_t offset) {
    grow(buffer, offset + count);
    memcpy(buffer->bytes + offset, bytes, (size_t)count);
}

void buffer_truncate(Buffer *buffer, int64_t size) {
    if (size > buffer->size) grow(buffer, size);
    buffer->size = size;
}

// ---------------------------------------------------------------- files

static void note(Inode *inode, const void *bytes, int64_t count, int64_t offset) {
    if (inode->changeCount == inode->changeCapacity) {
        inode->changeCapacity = inode->changeCapacity ? inode->changeCapacity * 2 : 16;
        inode->changes = realloc(inode->changes, (size_t)inode->changeCapacity * sizeof(Change));
        if (!inode->changes) abort();
    }
    Change *change = &inode->changes[inode->changeCount++];
    change->offset = offset;
    change->count = count;
    change->bytes = NULL;
    if (!bytes) return;
    change->bytes = malloc((size_t)count + 1);
    if (!change->bytes) abort();
    memcpy(change->bytes, bytes, (size_t)count);
}

void inode_write(Inode *inode, const void *bytes, int64_t count, int64_t offset) {
    buffer_write(&inode->content, bytes, count, offset);
    note(inode, bytes, count, offset);
}

void inode_truncate(Inode *inode, int64_t size) {
    buffer_truncate(&inode->content, size);
    note(inode, NULL, 0, size);
}

void inode_drop_changes(Inode *inode) {
    for (int i = 0; i < inode->changeCount; i++) free(inode->changes[i].bytes);
    inode->changeCount = 0;
}

// Brings the changes to the disk one by one, and not the content: what a failed sync has dropped stays dropped.
void inode_sync(Inode *inode) {
    for (int i = 0; i < inode->changeCount; i++) {
        Change *change = &inode->changes[i];
        if (change->bytes) buffer_write(&inode->durable, change->bytes, change->count, change->offset);
        else buffer_truncate(&inode->durable, change->offset);
    }
    inode_drop_changes(inode);
}

void inode_drop_regions(Inode *inode) {
    for (int i = 0; i < inode->regionCount; i++) free(inode->regions[i]);
    free(inode->regions);
    inode->regions = NULL;
    inode->regionCount = 0;
}

// ---------------------------------------------------------------- names

static Entry *entry(const FaultDisk *disk, const char *name) {
    Entry *entry = disk->entries;
    while (entry && strcmp(entry->name, name) != 0) entry = entry->next;
    return entry;
}

static void becomes(FaultDisk *disk, const char *name, Inode *inode) {
    Entry *found = entry(disk, name);
    if (!found) {
        found = calloc(1, sizeof(Entry));
        if (!found) abort();
        found->name = strdup(name);
        found->history = calloc(1, sizeof(Inode *));
        found->count = 1;
        found->next = disk->entries;
        disk->entries = found;
    }
    found->history = realloc(found->history, (size_t)(found->count + 1) * sizeof(Inode *));
    if (!found->history) abort();
    found->history[found->count++] = inode;
}

Inode *disk_find(const FaultDisk *disk, const char *name) {
    Entry *found = entry(disk, name);
    return found ? found->history[found->count - 1] : NULL;
}

Inode *disk_make(FaultDisk *disk, const char *name) {
    Inode *inode = calloc(1, sizeof(Inode));
    if (!inode) abort();
    inode->next = disk->inodes;
    disk->inodes = inode;
    if (name) becomes(disk, name, inode);
    return inode;
}

void disk_remove(FaultDisk *disk, const char *name) { becomes(disk, name, NULL); }

void disk_sync_directory(FaultDisk *disk) {
    for (Entry *entry = disk->entries; entry; entry = entry->next) {
        entry->history[0] = entry->history[entry->count - 1];
        entry->count = 1;
    }
}

// ---------------------------------------------------------------- disks

FaultDisk *fault_disk_create(const char *name, uint64_t seed) {
    FaultDisk *disk = calloc(1, sizeof(FaultDisk));
    if (!disk) abort();
    disk->name = strdup(name);
    disk->random = seed;
    vfs_fill(disk);
    sqlite3_vfs_register(&disk->vfs, 0);
    return disk;
}

void fault_disk_destroy(FaultDisk *disk) {
    sqlite3_vfs_unregister(&disk->vfs);
    for (Inode *inode = disk->inodes; inode;) {
        Inode *next = inode->next;
        inode_drop_changes(inode);
        inode_drop_regions(inode);
        free(inode->changes);
        free(inode->content.bytes);
        free(inode->durable.bytes);
        free(inode);
        inode = next;
    }
    for (Entry *entry = disk->entries; entry;) {
        Entry *next = entry->next;
        free(entry->name);
        free(entry->history);
        free(entry);
        entry = next;
    }
    free(disk->name);
    free(disk);
}

uint64_t fault_disk_operations(const FaultDisk *disk) { return disk->operations; }
void fault_disk_lose_power_at(FaultDisk *disk, uint64_t operation) { disk->powerLossAt = operation; }
void fault_disk_lose_power(FaultDisk *disk) { disk->isOff = 1; }
int fault_disk_has_power(const FaultDisk *disk) { return !disk->isOff; }
uint64_t fault_disk_failures(const FaultDisk *disk) { return disk->failures; }

int64_t fault_disk_size(const FaultDisk *disk, const char *name) {
    Inode *inode = disk_find(disk, name);
    return inode ? inode->content.size : -1;
}

int disk_step(FaultDisk *disk, int *after) {
    *after = 0;
    if (disk->isOff) return 1;
    if (++disk->operations != disk->powerLossAt) return 0;
    disk->isOff = 1;
    // Half of the time it is done yet (or begun: what is not synced may be torn), and nobody hears of it.
    *after = (int)disk_random(disk, 2);
    return 1;
}

void fault_disk_fail(FaultDisk *disk, FaultKind kind, FaultManner manner, uint64_t k, int stays) {
    disk->failKind = kind;
    disk->failManner = manner;
    disk->failIn = k;
    disk->failStays = stays;
    disk->failures = 0;
}

int disk_fails(FaultDisk *disk, FaultKind kind, FaultManner *manner) {
    if (disk->failIn == 0 || disk->failKind != kind) return 0;
    if (--disk->failIn > 0) return 0;
    if (disk->failStays) disk->failIn = 1;
    disk->failures++;
    *manner = disk->failManner;
    return 1;
}
