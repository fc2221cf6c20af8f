#include "disk.h"
#include <stdlib.h>
#include <string.h>

// How a power loss treats what was not synced; the seed chooses one for each file.
enum { NOTHING_SURVIVES, ALL_SURVIVES, A_PREFIX_SURVIVES, SOME_SURVIVE, SECTORS_SURVIVE, MANNERS };

// Room that appears by the file's growing is zeros or, where the file system does not promise that, anything.
static void grow_to(FaultDisk *disk, Buffer *buffer, int64_t size, int garbage) {
    int64_t before = buffer->size;
    if (size <= before) return;
    buffer_truncate(buffer, size);
    for (int64_t i = before; garbage && i < size; i++) buffer->bytes[i] = (uint8_t)disk_random(disk, 256);
}

static void apply(FaultDisk *disk, Buffer *buffer, const Change *change, int64_t count, int garbage) {
    if (!change->bytes) {
        if (change->offset > buffer->size) grow_to(disk, buffer, change->offset, garbage);
        else buffer_truncate(buffer, change->offset);
        return;
    }
    grow_to(disk, buffer, change->offset, garbage);
    buffer_write(buffer, change->bytes, count, change->offset);
}

// How much of a write that was torn is there: it ends where a sector of the file does.
static int64_t torn(FaultDisk *disk, const Change *change) {
    int64_t sector = disk_random(disk, 2) ? 512 : 4096;
    int64_t first = sector - change->offset % sector;
    if (first >= change->count) return 0;
    int64_t sectors = (change->count - first) / sector + 1;
    int64_t kept = (int64_t)disk_random(disk, (uint64_t)sectors + 1);
    return kept == 0 ? 0 : first + (kept - 1) * sector;
}

static void apply_torn(FaultDisk *disk, Buffer *buffer, const Change *change, int garbage) {
    int64_t count = change->bytes ? torn(disk, change) : 0;
    if (!change->bytes) {
        if (disk_random(disk, 2)) apply(disk, buffer, change, 0, garbage);
    } else if (count > 0) {
        apply(disk, buffer, change, count, garbage);
    }
}

// Each sector of each change by itself: the most that a disk with a cache of its own may do.
static void apply_sectors(FaultDisk *disk, Buffer *buffer, const Change *change, int garbage) {
    int64_t sector = disk_random(disk, 2) ? 512 : 4096;
    if (!change->bytes) {
        if (disk_random(disk, 2)) apply(disk, buffer, change, 0, garbage);
        return;
    }
    for (int64_t at = 0; at < change->count;) {
        int64_t count = sector - (change->offset + at) % sector;
        if (count > change->count - at) count = change->count - at;
        if (disk_random(disk, 2)) {
            grow_to(disk, buffer, change->offset + at, garbage);
            buffer_write(buffer, change->bytes + at, count, change->offset + at);
        }
        at += count;
    }
}

static void shuffle(FaultDisk *disk, Inode *inode) {
    for (int i = inode->changeCount - 1; i > 0; i--) {
        int j = (int)disk_random(disk, (uint64_t)i + 1);
        Change change = inode->changes[i];
        inode->changes[i] = inode->changes[j];
        inode->changes[j] = change;
    }
}

static void forget(FaultDisk *disk, Inode *inode) {
    int count = inode->changeCount, garbage = (int)disk_random(disk, 2);
    int manner = (int)disk_random(disk, MANNERS);
    Buffer *left = &inode->durable;
    if (manner == NOTHING_SURVIVES) count = 0;
    if (manner == A_PREFIX_SURVIVES && count > 0) count = (int)disk_random(disk, (uint64_t)count) + 1;
    if (manner == SOME_SURVIVE || manner == SECTORS_SURVIVE) shuffle(disk, inode);
    for (int i = 0; i < count; i++) {
        const Change *change = &inode->changes[i];
        int isLast = i == inode->changeCount - 1 || (i == count - 1 && manner == A_PREFIX_SURVIVES);
        if (manner == SECTORS_SURVIVE) apply_sectors(disk, left, change, garbage);
        else if (isLast && manner != ALL_SURVIVES) apply_torn(disk, left, change, garbage);
        else if (manner != SOME_SURVIVE || disk_random(disk, 2)) apply(disk, left, change, change->count, garbage);
    }
    inode_drop_changes(inode);
    inode_drop_regions(inode);
    inode->content.size = 0;
    if (left->size > 0) buffer_write(&inode->content, left->bytes, left->size, 0);
}

void fault_disk_restore_power(FaultDisk *disk) {
    for (Inode *inode = disk->inodes; inode; inode = inode->next) {
        if (inode->openCount > 0) abort();
        forget(disk, inode);
    }
    for (Entry *entry = disk->entries; entry; entry = entry->next) {
        // As it was last, as often as not.
        int chosen = disk_random(disk, 2) ? entry->count - 1 : (int)disk_random(disk, (uint64_t)entry->count);
        entry->history[0] = entry->history[chosen];
        entry->count = 1;
    }
    disk->isOff = 0;
    disk->powerLossAt = 0;
}
