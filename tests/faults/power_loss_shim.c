/*
 * A disk that forgets: keeps beside one folder, and all that are below it, an image of what a loss of power would leave of them.
 *
 * Preloaded into a process, it lets all writes through and copies to POWER_LOSS_IMAGE only what was synchronised:
 *   <image>/<inode>        contents of a file as of its last fsync or fdatasync
 *   <image>/names-<inode>  "inode name" of each entry of a folder, as of its last fsync; "inode name/" where that is a folder
 *   <image>/held-<inode>   a link to each file, so that no inode number is given out twice
 * The copy is made before the call returns; a process that is killed in between was not told of success either.
 * It does nothing where POWER_LOSS_FOLDER is not set; a process that was forked sets it, and calls power_loss_begin.
 *
 * POWER_LOSS_LIE=1        fdatasync says yes and does nothing: a program without its synchronisation.
 * POWER_LOSS_FAIL_AT=n    the n-th fdatasync fails with EIO and, as the kernel does, forgets what was to be written.
 * POWER_LOSS_FAIL_META=n  the same for fsync of a file.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define FDS 65536
#define FILES 8192
#define REAL(name, result, ...) \
    static result (*real)(__VA_ARGS__); \
    if (!real) real = (result(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)

struct file { ino_t inode; off_t low, high, cut; };

static struct file files[FILES];
static int count;
static int by_fd[FDS]; /* index of the file + 1 */
static const char *folder, *image;
static size_t folder_length;
static long data_syncs, file_syncs, fail_at, fail_meta;
static int lies;
static __thread int within; /* our own calls are let through */
static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) void power_loss_begin(void) {
    const char *text;
    folder = getenv("POWER_LOSS_FOLDER");
    image = getenv("POWER_LOSS_IMAGE");
    folder_length = folder ? strlen(folder) : 0;
    lies = (text = getenv("POWER_LOSS_LIE")) && *text == '1';
    fail_at = (text = getenv("POWER_LOSS_FAIL_AT")) ? atol(text) : 0;
    fail_meta = (text = getenv("POWER_LOSS_FAIL_META")) ? atol(text) : 0;
}

static void give_up(const char *what) {
    dprintf(2, "power loss shim: %s: %s\n", what, strerror(errno));
    abort();
}

static void image_path(char *path, const char *prefix, ino_t inode) {
    snprintf(path, PATH_MAX, "%s/%s%lu", image, prefix, (unsigned long)inode);
}

/* 0: elsewhere, 1: the folder itself or one below it, 2: a file in one of them. */
static int place_of(int fd) {
    char link[64], path[PATH_MAX];
    struct stat status;
    if (!folder || !image || fd < 0) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < (ssize_t)folder_length || strncmp(path, folder, folder_length)) return 0;
    path[length] = 0;
    if ((path[folder_length] && path[folder_length] != '/') || fstat(fd, &status)) return 0;
    return S_ISDIR(status.st_mode) ? 1 : 2;
}

static struct file *file_of(ino_t inode) {
    for (int at = 0; at < count; at++)
        if (files[at].inode == inode) return &files[at];
    if (count == FILES) give_up("too many files");
    files[count] = (struct file){inode, LLONG_MAX, 0, LLONG_MAX};
    return &files[count++];
}

/* The file behind a descriptor that was opened to write; the number may have been given to another one since. */
static struct file *tracked(int fd) {
    struct stat status;
    if (fd < 0 || fd >= FDS || !by_fd[fd]) return NULL;
    struct file *file = &files[by_fd[fd] - 1];
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_ino == file->inode) return file;
    by_fd[fd] = 0;
    return NULL;
}

static void opened(int fd, int flags) {
    struct stat status;
    char held[PATH_MAX], link_name[64];
    if (within || fd < 0 || fd >= FDS || (flags & O_ACCMODE) == O_RDONLY || (flags & O_PATH)) return;
    int saved = errno;
    if (place_of(fd) == 2 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
        pthread_mutex_lock(&guard);
        struct file *file = file_of(status.st_ino);
        by_fd[fd] = (int)(file - files) + 1;
        if (flags & O_TRUNC) file->cut = 0;
        image_path(held, "held-", status.st_ino);
        snprintf(link_name, sizeof link_name, "/proc/self/fd/%d", fd);
        if (linkat(AT_FDCWD, link_name, AT_FDCWD, held, AT_SYMLINK_FOLLOW) && errno != EEXIST) give_up("link");
        pthread_mutex_unlock(&guard);
    }
    errno = saved;
}

static void wrote(int fd, off_t offset, ssize_t length) {
    int saved = errno;
    if (within) return;
    pthread_mutex_lock(&guard);
    struct file *file = length > 0 ? tracked(fd) : NULL;
    if (file) {
        if (offset < 0) offset = lseek(fd, 0, SEEK_CUR) - length; /* written at the descriptor's own place */
        if (offset < file->low) file->low = offset;
        if (offset + length > file->high) file->high = offset + length;
    }
    pthread_mutex_unlock(&guard);
    errno = saved;
}

static void cut(int fd, off_t size) {
    int saved = errno;
    if (within) return;
    pthread_mutex_lock(&guard);
    struct file *file = tracked(fd);
    if (file && size < file->cut) file->cut = size;
    pthread_mutex_unlock(&guard);
    errno = saved;
}

static void forget(struct file *file) {
    file->low = file->cut = LLONG_MAX;
    file->high = 0;
}

static void keep_contents(struct file *file) {
    static char block[1 << 20];
    char path[PATH_MAX], held[PATH_MAX];
    struct stat status;
    image_path(path, "", file->inode);
    image_path(held, "held-", file->inode);
    int fd = open(held, O_RDONLY | O_CLOEXEC); /* the caller's may be for writing alone */
    int copy = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || copy < 0 || fstat(fd, &status)) give_up(path);
    if (file->cut < status.st_size && ftruncate64(copy, file->cut)) give_up(path);
    if (ftruncate64(copy, status.st_size)) give_up(path);
    off_t end = file->high < status.st_size ? file->high : status.st_size;
    for (off_t at = file->low; at < end;) {
        size_t wanted = end - at < (off_t)sizeof block ? (size_t)(end - at) : sizeof block;
        ssize_t got = pread(fd, block, wanted, at);
        if (got <= 0 || pwrite64(copy, block, got, at) != got) give_up(path);
        at += got;
    }
    close(copy);
    close(fd);
    forget(file);
}

static void keep_names(int fd) {
    char next[PATH_MAX], path[PATH_MAX], link[64];
    struct stat status;
    if (fstat(fd, &status)) give_up("folder");
    image_path(next, "new-names-", status.st_ino);
    image_path(path, "names-", status.st_ino);
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    DIR *listing = opendir(link);
    FILE *names = fopen(next, "w");
    if (!listing || !names) give_up(next);
    for (struct dirent *entry; (entry = readdir(listing));) {
        unsigned long inode = (unsigned long)entry->d_ino;
        if (entry->d_type == DT_REG) fprintf(names, "%lu %s\n", inode, entry->d_name);
        else if (entry->d_type == DT_DIR && entry->d_name[0] != '.') fprintf(names, "%lu %s/\n", inode, entry->d_name);
    }
    closedir(listing);
    if (fclose(names) || rename(next, path)) give_up(path);
}

/* -1: none of ours, the real call is to be made. Else what to return, with errno set. */
static int synchronised(int fd, int data_only) {
    int place = place_of(fd), result = 0;
    if (!place) return -1;
    pthread_mutex_lock(&guard);
    within = 1;
    struct file *file = tracked(fd);
    if (place == 1) {
        keep_names(fd);
    } else if (data_only ? ++data_syncs == fail_at : ++file_syncs == fail_meta) {
        if (file) forget(file);
        result = 1;
    } else if (file && !(data_only && lies)) {
        keep_contents(file);
    }
    within = 0;
    pthread_mutex_unlock(&guard);
    return result;
}

int fsync(int fd) {
    REAL(fsync, int, int);
    int result = synchronised(fd, 0);
    if (result < 0) return real(fd);
    if (result) errno = EIO;
    return result ? -1 : 0;
}

int fdatasync(int fd) {
    REAL(fdatasync, int, int);
    int result = synchronised(fd, 1);
    if (result < 0) return real(fd);
    if (result) errno = EIO;
    return result ? -1 : 0;
}

#define MODE(flags, last) \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | __O_TMPFILE)) { va_list rest; va_start(rest, last); mode = va_arg(rest, mode_t); va_end(rest); }

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        MODE(flags, flags) \
        REAL(name, int, const char *, int, ...); \
        int fd = real(path, flags, mode); \
        opened(fd, flags); \
        return fd; \
    }
#define OPENAT(name) \
    int name(int at, const char *path, int flags, ...) { \
        MODE(flags, flags) \
        REAL(name, int, int, const char *, int, ...); \
        int fd = real(at, path, flags, mode); \
        opened(fd, flags); \
        return fd; \
    }
OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)

#define WRITE(name, place, parameters, types, arguments) \
    ssize_t name parameters { \
        static ssize_t (*real) types; \
        if (!real) real = (ssize_t(*) types)dlsym(RTLD_NEXT, #name); \
        ssize_t length = real arguments; \
        wrote(fd, place, length); \
        return length; \
    }
WRITE(write, -1, (int fd, const void *data, size_t size), (int, const void *, size_t), (fd, data, size))
WRITE(writev, -1, (int fd, const struct iovec *parts, int n), (int, const struct iovec *, int), (fd, parts, n))
WRITE(pwrite, at, (int fd, const void *data, size_t size, off_t at), (int, const void *, size_t, off_t), (fd, data, size, at))
WRITE(pwrite64, at, (int fd, const void *data, size_t size, off_t at), (int, const void *, size_t, off_t), (fd, data, size, at))
WRITE(pwritev, at, (int fd, const struct iovec *parts, int n, off_t at), (int, const struct iovec *, int, off_t), (fd, parts, n, at))
WRITE(pwritev64, at, (int fd, const struct iovec *parts, int n, off_t at), (int, const struct iovec *, int, off_t), (fd, parts, n, at))
WRITE(pwritev2, at, (int fd, const struct iovec *parts, int n, off_t at, int flags), (int, const struct iovec *, int, off_t, int), (fd, parts, n, at, flags))
WRITE(pwritev64v2, at, (int fd, const struct iovec *parts, int n, off_t at, int flags), (int, const struct iovec *, int, off_t, int), (fd, parts, n, at, flags))

int ftruncate(int fd, off_t size) {
    REAL(ftruncate, int, int, off_t);
    int result = real(fd, size);
    if (!result) cut(fd, size);
    return result;
}

int ftruncate64(int fd, off_t size) {
    REAL(ftruncate64, int, int, off_t);
    int result = real(fd, size);
    if (!result) cut(fd, size);
    return result;
}
