#include "reserve.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// A file of the other VFS, which follows it in memory.
typedef struct {
    sqlite3_file base;
    StoreVFS *vfs;
} File;

static sqlite3_file *real(sqlite3_file *given) { return (sqlite3_file *)((File *)given + 1); }

#define FORWARD(method, ...) real(given)->pMethods->method(real(given), ##__VA_ARGS__)

// Notes the first error, which is final, and passes it on.
static int noted(sqlite3_file *given, int code) {
    StoreVFS *vfs = ((File *)given)->vfs;
    if (code != SQLITE_OK && vfs->error == 0) vfs->error = code;
    return code;
}

// The part of a file's VFS that knows of checkpoints; NULL: it is not the database.
static Checkpoint *checkpoint_of(sqlite3_file *given) {
    Checkpoint *checkpoint = &((File *)given)->vfs->checkpoint;
    return checkpoint->database == real(given) ? checkpoint : NULL;
}

static int file_close(sqlite3_file *given) {
    Checkpoint *checkpoint = checkpoint_of(given);
    if (checkpoint) {
        checkpoint_forget(checkpoint);
        checkpoint->database = NULL;
    }
    return FORWARD(xClose);
}

static int file_read(sqlite3_file *given, void *bytes, int count, sqlite3_int64 offset) {
    return FORWARD(xRead, bytes, count, offset);
}

static int file_write(sqlite3_file *given, const void *bytes, int count, sqlite3_int64 offset) {
    Checkpoint *checkpoint = checkpoint_of(given);
    if (checkpoint && checkpoint_skips(checkpoint, bytes, count, offset)) return SQLITE_OK;
    int code = FORWARD(xWrite, bytes, count, offset);
    while (code == SQLITE_FULL && reserve_release(((File *)given)->vfs)) {
        code = FORWARD(xWrite, bytes, count, offset);
    }
    if (checkpoint && code == SQLITE_OK) checkpoint_wrote(checkpoint, bytes, count, offset);
    return noted(given, code);
}

static int file_truncate(sqlite3_file *given, sqlite3_int64 size) {
    Checkpoint *checkpoint = checkpoint_of(given);
    if (checkpoint && checkpoint->state != CHECKPOINT_WRITES) checkpoint_forget(checkpoint);
    return noted(given, FORWARD(xTruncate, size));
}
static int file_sync(sqlite3_file *given, int flags) {
    Checkpoint *checkpoint = checkpoint_of(given);
    if (checkpoint && checkpoint->state == CHECKPOINT_WRITES) return SQLITE_BUSY;
    return noted(given, FORWARD(xSync, flags));
}
static int file_size(sqlite3_file *given, sqlite3_int64 *size) { return FORWARD(xFileSize, size); }
static int file_lock(sqlite3_file *given, int lock) { return FORWARD(xLock, lock); }
static int file_unlock(sqlite3_file *given, int lock) { return FORWARD(xUnlock, lock); }
static int file_reserved(sqlite3_file *given, int *result) { return FORWARD(xCheckReservedLock, result); }
static int file_control(sqlite3_file *given, int operation, void *argument) {
    return FORWARD(xFileControl, operation, argument);
}
static int file_sector(sqlite3_file *given) { return FORWARD(xSectorSize); }
static int file_characteristics(sqlite3_file *given) { return FORWARD(xDeviceCharacteristics); }

static int shm_map(sqlite3_file *given, int index, int size, int extends, void volatile **region) {
    StoreVFS *vfs = ((File *)given)->vfs;
    int code = FORWARD(xShmMap, index, size, extends, region);
    while ((code == SQLITE_IOERR_SHMSIZE || code == SQLITE_CANTOPEN) && errno == ENOSPC && reserve_release(vfs)) {
        code = FORWARD(xShmMap, index, size, extends, region);
    }
    return code;
}
static int shm_lock(sqlite3_file *given, int offset, int count, int flags) {
    return FORWARD(xShmLock, offset, count, flags);
}
static void shm_barrier(sqlite3_file *given) { FORWARD(xShmBarrier); }
static int shm_unmap(sqlite3_file *given, int deletes) { return FORWARD(xShmUnmap, deletes); }
static int file_fetch(sqlite3_file *given, sqlite3_int64 offset, int count, void **page) {
    return FORWARD(xFetch, offset, count, page);
}
static int file_unfetch(sqlite3_file *given, sqlite3_int64 offset, void *page) {
    return FORWARD(xUnfetch, offset, page);
}

#define METHODS(version)                                                                                               \
    {                                                                                                                  \
        version, file_close, file_read, file_write, file_truncate, file_sync, file_size, file_lock, file_unlock,       \
            file_reserved, file_control, file_sector, file_characteristics, shm_map, shm_lock, shm_barrier, shm_unmap, \
            file_fetch, file_unfetch                                                                                   \
    }

// By the version of the other's methods: what it has not must not be asked for.
static const sqlite3_io_methods methods[] = {METHODS(1), METHODS(2), METHODS(3)};

// ---------------------------------------------------------------- the VFS

static sqlite3_vfs *below(sqlite3_vfs *vfs) { return ((StoreVFS *)vfs->pAppData)->base; }

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *given, int flags, int *outFlags) {
    StoreVFS *store = vfs->pAppData;
    File *file = (File *)given;
    file->base.pMethods = NULL;
    file->vfs = store;
    real(given)->pMethods = NULL;
    int code = store->base->xOpen(store->base, name, real(given), flags, outFlags);
    while (code == SQLITE_CANTOPEN && errno == ENOSPC && (flags & SQLITE_OPEN_CREATE) && reserve_release(store)) {
        code = store->base->xOpen(store->base, name, real(given), flags, outFlags);
    }
    if (real(given)->pMethods) {
        int version = real(given)->pMethods->iVersion;
        file->base.pMethods = &methods[version > 3 ? 2 : version - 1];
        if ((flags & SQLITE_OPEN_MAIN_DB) && (flags & SQLITE_OPEN_READWRITE)) store->checkpoint.database = real(given);
    }
    return code;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int syncs) {
    return below(vfs)->xDelete(below(vfs), name, syncs);
}
static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *result) {
    return below(vfs)->xAccess(below(vfs), name, flags, result);
}
static int vfs_path(sqlite3_vfs *vfs, const char *name, int count, char *path) {
    return below(vfs)->xFullPathname(below(vfs), name, count, path);
}
static int vfs_randomness(sqlite3_vfs *vfs, int count, char *bytes) {
    return below(vfs)->xRandomness(below(vfs), count, bytes);
}
static int vfs_sleep(sqlite3_vfs *vfs, int microseconds) { return below(vfs)->xSleep(below(vfs), microseconds); }
static int vfs_days(sqlite3_vfs *vfs, double *days) { return below(vfs)->xCurrentTime(below(vfs), days); }
static int vfs_time(sqlite3_vfs *vfs, sqlite3_int64 *time) { return below(vfs)->xCurrentTimeInt64(below(vfs), time); }
static int vfs_last_error(sqlite3_vfs *vfs, int count, char *text) {
    return below(vfs)->xGetLastError(below(vfs), count, text);
}

StoreVFS *store_vfs_create(const char *name, const char *base) {
    sqlite3_vfs *found = sqlite3_vfs_find(base);
    StoreVFS *store = found && found->iVersion >= 2 ? calloc(1, sizeof(StoreVFS)) : NULL;
    if (!store) return NULL;
    store->base = found;
    store->name = strdup(name);
    store->reserve = -1;
    sqlite3_vfs *vfs = &store->vfs;
    vfs->iVersion = 2;
    vfs->szOsFile = (int)sizeof(File) + found->szOsFile;
    vfs->mxPathname = found->mxPathname;
    vfs->zName = store->name;
    vfs->pAppData = store;
    vfs->xOpen = vfs_open;
    vfs->xDelete = vfs_delete;
    vfs->xAccess = vfs_access;
    vfs->xFullPathname = vfs_path;
    vfs->xRandomness = vfs_randomness;
    vfs->xSleep = vfs_sleep;
    vfs->xCurrentTime = vfs_days;
    vfs->xGetLastError = vfs_last_error;
    vfs->xCurrentTimeInt64 = vfs_time;
    sqlite3_vfs_register(vfs, 0);
    return store;
}

void store_vfs_destroy(StoreVFS *store) {
    sqlite3_vfs_unregister(&store->vfs);
    if (store->reserve >= 0) close(store->reserve);
    free(store->checkpoint.written);
    free(store->name);
    free(store);
}

int store_vfs_error(const StoreVFS *store) { return store->error; }

// Here, since Swift cannot call functions with a variable number of arguments.
void store_leave_as_it_is(void *connection) {
    sqlite3_db_config(connection, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
}
