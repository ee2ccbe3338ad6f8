/* Preloaded into a process: fails or ends it at its n-th operation on the files below one folder, or moves its clock.
 *
 * Operations are counted, not timed, so that the same number hits the same place again. Nothing happens before
 * fault_arm is called, and nothing to files elsewhere.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum action { NOTHING, KILL, FULL, SHORT, FAULTY, READ_ONLY, CLOCK };

static char folder[PATH_MAX];
static long armed_at = -1, operations;
static enum action action;
static long jump;

void fault_arm(const char *below, long at, int what, long seconds) {
    snprintf(folder, sizeof folder, "%s", below);
    armed_at = at;
    action = what;
    jump = seconds;
    operations = 0;
}

long fault_operations(void) { return operations; }

static int below_folder(const char *path) {
    char full[PATH_MAX];
    if (armed_at < 0 || path == NULL) return 0;
    if (path[0] != '/') {
        if (getcwd(full, sizeof full) == NULL) return 0;
        strncat(full, "/", sizeof full - strlen(full) - 1);
        strncat(full, path, sizeof full - strlen(full) - 1);
        path = full;
    }
    return strncmp(path, folder, strlen(folder)) == 0;
}

static int below_folder_fd(int fd) {
    char link[64], path[PATH_MAX];
    if (armed_at < 0) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    /* Pipes and events have names such as `anon_inode:[eventfd]`, which are no paths. */
    if (length <= 0 || path[0] != '/') return 0;
    path[length] = 0;
    return below_folder(path);
}

/* Counts an operation; the error number with which it must fail, or 0. `writes`: it takes space. */
static int struck(int writes) {
    long number = __atomic_fetch_add(&operations, 1, __ATOMIC_SEQ_CST);
    if (number < armed_at) return 0;
    switch (action) {
        case KILL: kill(getpid(), SIGKILL); for (;;) pause();
        case FULL: return writes ? ENOSPC : 0;
        case SHORT: return writes && number > armed_at ? ENOSPC : 0;
        case FAULTY: return number == armed_at ? EIO : 0;
        case READ_ONLY: return EROFS;
        default: return 0;
    }
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define REFUSE(condition, writes)                                        \
    do {                                                                 \
        if (condition) {                                                 \
            int refused = struck(writes);                                \
            if (refused) { errno = refused; return -1; }                 \
        }                                                                \
    } while (0)

/* The n-th write, if it is to be cut: half of it. */
static size_t cut(size_t size) {
    return action == SHORT && operations == armed_at + 1 && size > 1 ? size / 2 : size;
}

ssize_t write(int fd, const void *bytes, size_t size) {
    if (below_folder_fd(fd)) { REFUSE(1, 1); size = cut(size); }
    return REAL(write)(fd, bytes, size);
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at) {
    if (below_folder_fd(fd)) { REFUSE(1, 1); size = cut(size); }
    return REAL(pwrite64)(fd, bytes, size, at);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at) {
    if (below_folder_fd(fd)) { REFUSE(1, 1); size = cut(size); }
    return REAL(pwrite)(fd, bytes, size, at);
}

ssize_t writev(int fd, const struct iovec *parts, int n) {
    REFUSE(below_folder_fd(fd), 1);
    return REAL(writev)(fd, parts, n);
}

int fsync(int fd) { REFUSE(below_folder_fd(fd), 1); return REAL(fsync)(fd); }
int fdatasync(int fd) { REFUSE(below_folder_fd(fd), 1); return REAL(fdatasync)(fd); }
int ftruncate64(int fd, off64_t size) { REFUSE(below_folder_fd(fd), 1); return REAL(ftruncate64)(fd, size); }

int rename(const char *old, const char *new) { REFUSE(below_folder(new), 0); return REAL(rename)(old, new); }

int renameat(int from, const char *old, int to, const char *new) {
    REFUSE(below_folder(new), 0);
    return REAL(renameat)(from, old, to, new);
}

int mkdir(const char *path, mode_t mode) { REFUSE(below_folder(path), 1); return REAL(mkdir)(path, mode); }
int unlink(const char *path) { REFUSE(below_folder(path), 0); return REAL(unlink)(path); }

#define CREATES(flags) ((flags) & (O_CREAT | O_WRONLY | O_RDWR | O_TRUNC))
#define MODE(flags, mode)                                                \
    mode_t mode = 0;                                                     \
    if ((flags) & (O_CREAT | O_TMPFILE)) {                               \
        va_list more;                                                    \
        va_start(more, flags);                                           \
        mode = va_arg(more, mode_t);                                     \
        va_end(more);                                                    \
    }

int open64(const char *path, int flags, ...) {
    MODE(flags, mode);
    REFUSE(CREATES(flags) && below_folder(path), (flags & O_CREAT) != 0);
    return REAL(open64)(path, flags, mode);
}

int open(const char *path, int flags, ...) {
    MODE(flags, mode);
    REFUSE(CREATES(flags) && below_folder(path), (flags & O_CREAT) != 0);
    return REAL(open)(path, flags, mode);
}

int openat64(int at, const char *path, int flags, ...) {
    MODE(flags, mode);
    REFUSE(CREATES(flags) && below_folder(path), (flags & O_CREAT) != 0);
    return REAL(openat64)(at, path, flags, mode);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    int failed = REAL(clock_gettime)(clock, now);
    if (!failed && action == CLOCK && operations >= armed_at && armed_at >= 0 &&
        (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec += jump;
    return failed;
}

time_t time(time_t *now) {
    struct timespec exact;
    clock_gettime(CLOCK_REALTIME, &exact);
    if (now) *now = exact.tv_sec;
    return exact.tv_sec;
}
