#define _GNU_SOURCE
#include "reserve.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

// So much goes at once: an eighth, in whole pages.
static int64_t piece_of(int64_t bytes) { return bytes < 8 * 4096 ? 4096 : bytes / 8 / 4096 * 4096; }

int store_vfs_reserve(StoreVFS *vfs, const char *path, int64_t bytes) {
    if (bytes == 0) return unlink(path) == 0 || errno == ENOENT ? 0 : errno;
    int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    struct stat found;
    if (descriptor < 0) return errno;
    if (fstat(descriptor, &found) != 0 || (found.st_size > bytes && ftruncate(descriptor, bytes) != 0)) {
        int code = errno;
        close(descriptor);
        return code;
    }
    vfs->reserve = descriptor;
    vfs->whole = bytes;
    vfs->piece = piece_of(bytes);
    vfs->held = found.st_size < bytes ? found.st_size : bytes;
    // A copy may have the size and not the room.
    if ((int64_t)found.st_blocks * 512 < vfs->held) vfs->held = 0;
    return 0;
}

int store_vfs_fill(StoreVFS *vfs) {
    if (vfs->reserve < 0 || vfs->held == vfs->whole) return 0;
    struct statvfs room;
    if (fstatvfs(vfs->reserve, &room) != 0) return errno;
    int64_t free = (int64_t)room.f_bavail * (int64_t)room.f_frsize;
    // With a piece to spare, or the next message would break into it again.
    if (free < vfs->whole - vfs->held + vfs->piece) return ENOSPC;
    int code = posix_fallocate(vfs->reserve, 0, vfs->whole);
    if (code == 0) vfs->held = vfs->whole;
    else if (ftruncate(vfs->reserve, vfs->held) != 0) code = errno;
    return code;
}

int64_t store_vfs_reserved(const StoreVFS *vfs) { return vfs->held; }

int reserve_release(StoreVFS *vfs) {
    if (vfs->reserve < 0 || vfs->held == 0) return 0;
    int64_t left = vfs->held > vfs->piece ? vfs->held - vfs->piece : 0;
    if (ftruncate(vfs->reserve, left) != 0) return 0;
    vfs->held = left;
    return 1;
}
