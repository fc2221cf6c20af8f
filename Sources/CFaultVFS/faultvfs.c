#include "disk.h"
#include <stdlib.h>
#include <string.h>

typedef struct {
    sqlite3_file base;
    FaultDisk *disk;
    Inode *inode;
    int syncsDirectory; // with its first sync, as the unix VFS does for a journal that it may have made
    int deletes;        // at closing
    int isReadOnly;
    char *name;
} File;

static int file_close(sqlite3_file *given) {
    File *file = (File *)given;
    file->inode->openCount--;
    if (file->inode->openCount == 0) inode_drop_regions(file->inode);
    if (file->deletes && file->name) disk_remove(file->disk, file->name);
    free(file->name);
    return SQLITE_OK;
}

static int file_read(sqlite3_file *given, void *bytes, int count, sqlite3_int64 offset) {
    File *file = (File *)given;
    if (file->disk->isOff) return SQLITE_IOERR_READ;
    Buffer *content = &file->inode->content;
    int64_t there = content->size - offset;
    if (there > count) there = count;
    if (there > 0) memcpy(bytes, content->bytes + offset, (size_t)there);
    else there = 0;
    if (there == count) return SQLITE_OK;
    memset((uint8_t *)bytes + there, 0, (size_t)(count - there));
    return SQLITE_IOERR_SHORT_READ;
}

static int file_write(sqlite3_file *given, const void *bytes, int count, sqlite3_int64 offset) {
    File *file = (File *)given;
    int after;
    FaultManner manner;
    if (file->isReadOnly) return SQLITE_READONLY;
    if (disk_step(file->disk, &after)) {
        if (after) inode_write(file->inode, bytes, count, offset);
        return SQLITE_IOERR_WRITE;
    }
    if (disk_fails(file->disk, FAULT_WRITE, &manner)) {
        if (manner == FAULT_SHORT && count > 1) inode_write(file->inode, bytes, count / 2, offset);
        return manner == FAULT_FULL ? SQLITE_FULL : SQLITE_IOERR_WRITE;
    }
    inode_write(file->inode, bytes, count, offset);
    return SQLITE_OK;
}

static int file_truncate(sqlite3_file *given, sqlite3_int64 size) {
    File *file = (File *)given;
    int after;
    FaultManner manner;
    if (file->isReadOnly) return SQLITE_READONLY;
    if (disk_step(file->disk, &after)) {
        if (after) inode_truncate(file->inode, size);
        return SQLITE_IOERR_TRUNCATE;
    }
    if (disk_fails(file->disk, FAULT_TRUNCATE, &manner)) return SQLITE_IOERR_TRUNCATE;
    inode_truncate(file->inode, size);
    return SQLITE_OK;
}

static void sync_now(File *file) {
    inode_sync(file->inode);
    if (!file->syncsDirectory) return;
    file->syncsDirectory = 0;
    disk_sync_directory(file->disk);
}

static int file_sync(sqlite3_file *given, int flags) {
    File *file = (File *)given;
    int after;
    FaultManner manner;
    (void)flags;
    if (disk_step(file->disk, &after)) {
        if (after) sync_now(file);
        return SQLITE_IOERR_FSYNC;
    }
    if (disk_fails(file->disk, FAULT_SYNC, &manner)) {
        inode_drop_changes(file->inode);
        return SQLITE_IOERR_FSYNC;
    }
    sync_now(file);
    return SQLITE_OK;
}

static int file_size(sqlite3_file *given, sqlite3_int64 *size) {
    *size = ((File *)given)->inode->content.size;
    return SQLITE_OK;
}

// A file that is open for reading takes no lock for writing, as on Linux: that is what keeps SQLite from making a checkpoint
// when a read-only connection is closed.
static int file_lock(sqlite3_file *given, int lock) {
    return ((File *)given)->isReadOnly && lock > SQLITE_LOCK_SHARED ? SQLITE_IOERR_LOCK : SQLITE_OK;
}

static int file_unlock(sqlite3_file *given, int lock) {
    (void)given, (void)lock;
    return SQLITE_OK;
}

static int file_reserved(sqlite3_file *given, int *isReserved) {
    (void)given;
    *isReserved = 0;
    return SQLITE_OK;
}

static int file_control(sqlite3_file *given, int operation, void *argument) {
    (void)given, (void)operation, (void)argument;
    return SQLITE_NOTFOUND;
}

static int file_sector(sqlite3_file *given) {
    (void)given;
    return 4096;
}

static int file_characteristics(sqlite3_file *given) {
    (void)given;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static int shm_map(sqlite3_file *given, int index, int size, int extends, void volatile **region) {
    Inode *inode = ((File *)given)->inode;
    *region = NULL;
    if (index >= inode->regionCount) {
        if (!extends) return SQLITE_OK;
        inode->regions = realloc(inode->regions, (size_t)(index + 1) * sizeof(void *));
        if (!inode->regions) return SQLITE_NOMEM;
        while (inode->regionCount <= index) inode->regions[inode->regionCount++] = calloc(1, (size_t)size);
    }
    *region = inode->regions[index];
    return *region ? SQLITE_OK : SQLITE_NOMEM;
}

static int shm_lock(sqlite3_file *given, int offset, int count, int flags) {
    (void)given, (void)offset, (void)count, (void)flags;
    return SQLITE_OK;
}

static void shm_barrier(sqlite3_file *given) {
    (void)given;
    __sync_synchronize();
}

static int shm_unmap(sqlite3_file *given, int deletes) {
    (void)deletes;
    inode_drop_regions(((File *)given)->inode);
    return SQLITE_OK;
}

static const sqlite3_io_methods methods = {
    2,         file_close,    file_read,    file_write,  file_truncate,        file_sync, file_size, file_lock,
    file_unlock, file_reserved, file_control, file_sector, file_characteristics, shm_map,   shm_lock,  shm_barrier,
    shm_unmap, NULL,          NULL,
};

// ---------------------------------------------------------------- the VFS

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *given, int flags, int *outFlags) {
    FaultDisk *disk = vfs->pAppData;
    File *file = (File *)given;
    memset(file, 0, sizeof *file);
    if (disk->isOff) return SQLITE_CANTOPEN;
    Inode *inode = name ? disk_find(disk, name) : NULL;
    int isNew = !inode, after;
    if (isNew) {
        if (name && !(flags & SQLITE_OPEN_CREATE)) return SQLITE_CANTOPEN;
        int lost = disk_step(disk, &after);
        if (!lost || after) inode = disk_make(disk, name);
        if (lost) return SQLITE_CANTOPEN;
    }
    if ((flags & SQLITE_OPEN_MAIN_DB) && inode->openCount > 0) return SQLITE_CANTOPEN;
    inode->openCount++;
    int journals = SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL;
    file->syncsDirectory = (flags & SQLITE_OPEN_CREATE) && (flags & journals) != 0;
    file->deletes = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
    file->isReadOnly = (flags & SQLITE_OPEN_READONLY) != 0;
    file->disk = disk;
    file->inode = inode;
    file->name = name ? strdup(name) : NULL;
    file->base.pMethods = &methods;
    if (outFlags) *outFlags = flags;
    return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int syncsDirectory) {
    FaultDisk *disk = vfs->pAppData;
    int after;
    if (!disk_find(disk, name)) return SQLITE_IOERR_DELETE_NOENT;
    int lost = disk_step(disk, &after);
    if (lost && !after) return SQLITE_IOERR_DELETE;
    disk_remove(disk, name);
    if (lost) return SQLITE_IOERR_DELETE;
    if (syncsDirectory) disk_sync_directory(disk);
    return SQLITE_OK;
}

static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *result) {
    Inode *inode = disk_find(vfs->pAppData, name);
    // As the unix VFS: an empty file does not exist.
    *result = inode && (flags != SQLITE_ACCESS_EXISTS || inode->content.size > 0);
    return SQLITE_OK;
}

static int vfs_path(sqlite3_vfs *vfs, const char *name, int count, char *path) {
    (void)vfs;
    sqlite3_snprintf(count, path, "%s", name);
    return SQLITE_OK;
}

static int vfs_randomness(sqlite3_vfs *vfs, int count, char *bytes) {
    for (int i = 0; i < count; i++) bytes[i] = (char)disk_random(vfs->pAppData, 256);
    return count;
}

static int vfs_sleep(sqlite3_vfs *vfs, int microseconds) {
    (void)vfs;
    return microseconds;
}

static int vfs_time(sqlite3_vfs *vfs, sqlite3_int64 *time) {
    (void)vfs;
    sqlite3_vfs *system = sqlite3_vfs_find(NULL);
    return system->xCurrentTimeInt64(system, time);
}

static int vfs_days(sqlite3_vfs *vfs, double *days) {
    (void)vfs;
    sqlite3_vfs *system = sqlite3_vfs_find(NULL);
    return system->xCurrentTime(system, days);
}

static int vfs_error(sqlite3_vfs *vfs, int count, char *text) {
    (void)vfs, (void)count, (void)text;
    return 0;
}

void vfs_fill(FaultDisk *disk) {
    sqlite3_vfs *vfs = &disk->vfs;
    vfs->iVersion = 2;
    vfs->szOsFile = (int)sizeof(File);
    vfs->mxPathname = 1024;
    vfs->zName = disk->name;
    vfs->pAppData = disk;
    vfs->xOpen = vfs_open;
    vfs->xDelete = vfs_delete;
    vfs->xAccess = vfs_access;
    vfs->xFullPathname = vfs_path;
    vfs->xRandomness = vfs_randomness;
    vfs->xSleep = vfs_sleep;
    vfs->xCurrentTime = vfs_days;
    vfs->xGetLastError = vfs_error;
    vfs->xCurrentTimeInt64 = vfs_time;
}
