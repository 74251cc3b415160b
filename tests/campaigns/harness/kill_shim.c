// kill_shim.c - preloaded into a process that changes files: counts its calls that make, change,
// name or sync files, of every library in it, and kills the process at the n-th.  Steered from
// inside by kill_shim_arm() and kill_shim_disarm().
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_int armed;
static atomic_long left;
static atomic_long counted;
static int when;  // 0: before the call, 1: after it, 2: in the middle of a write

void kill_shim_arm(long call, int moment) {
  when = moment;
  atomic_store(&left, call);
  atomic_store(&counted, 0);
  atomic_store(&armed, 1);
}
long kill_shim_disarm(void) {
  atomic_store(&armed, 0);
  return atomic_load(&counted);
}

// Whether this call is the one; dies here when death is to come before it.
static int is_hit(void) {
  if (!atomic_load(&armed)) return 0;
  atomic_fetch_add(&counted, 1);
  if (atomic_fetch_sub(&left, 1) != 0) return 0;
  if (when == 0) kill(getpid(), SIGKILL);
  return 1;
}
static void after(int hit) {
  if (hit) kill(getpid(), SIGKILL);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define WRAP(type, name, parameters, arguments) \
  type name parameters {                        \
    const int hit = is_hit();                   \
    const type result = REAL(name) arguments;   \
    after(hit);                                 \
    return result;                              \
  }

ssize_t write(int fd, const void* data, size_t size) {
  const int hit = is_hit();
  const ssize_t wrote = REAL(write)(fd, data, hit && when == 2 ? size / 2 : size);
  after(hit);
  return wrote;
}
ssize_t pwrite(int fd, const void* data, size_t size, off_t at) {
  const int hit = is_hit();
  const ssize_t wrote = REAL(pwrite)(fd, data, hit && when == 2 ? size / 2 : size, at);
  after(hit);
  return wrote;
}
ssize_t pwrite64(int fd, const void* data, size_t size, off64_t at) {
  const int hit = is_hit();
  const ssize_t wrote = REAL(pwrite64)(fd, data, hit && when == 2 ? size / 2 : size, at);
  after(hit);
  return wrote;
}

WRAP(int, rename, (const char* from, const char* to), (from, to))
WRAP(int, renameat, (int a, const char* from, int b, const char* to), (a, from, b, to))
WRAP(int, link, (const char* from, const char* to), (from, to))
WRAP(int, linkat, (int a, const char* from, int b, const char* to, int flags),
     (a, from, b, to, flags))
WRAP(int, unlink, (const char* path), (path))
WRAP(int, unlinkat, (int at, const char* path, int flags), (at, path, flags))
WRAP(int, mkdir, (const char* path, mode_t mode), (path, mode))
WRAP(int, mkdirat, (int at, const char* path, mode_t mode), (at, path, mode))
WRAP(int, fchmod, (int fd, mode_t mode), (fd, mode))
WRAP(int, ftruncate, (int fd, off_t size), (fd, size))
WRAP(int, ftruncate64, (int fd, off64_t size), (fd, size))
WRAP(int, fsync, (int fd), (fd))
WRAP(int, fdatasync, (int fd), (fd))
WRAP(int, syncfs, (int fd), (fd))
WRAP(ssize_t, copy_file_range,
     (int from, off64_t* at, int to, off64_t* there, size_t size, unsigned flags),
     (from, at, to, there, size, flags))

// Only opens that may make a file count.
#define WRAP_OPEN(name, first, arguments)                        \
  int name first {                                               \
    va_list rest;                                                \
    va_start(rest, flags);                                       \
    const mode_t mode = (flags & O_CREAT) ? va_arg(rest, int) : 0; \
    va_end(rest);                                                \
    const int hit = (flags & O_CREAT) ? is_hit() : 0;            \
    const int fd = REAL(name) arguments;                         \
    after(hit);                                                  \
    return fd;                                                   \
  }
WRAP_OPEN(open, (const char* path, int flags, ...), (path, flags, mode))
WRAP_OPEN(open64, (const char* path, int flags, ...), (path, flags, mode))
WRAP_OPEN(openat, (int at, const char* path, int flags, ...), (at, path, flags, mode))
WRAP_OPEN(openat64, (int at, const char* path, int flags, ...), (at, path, flags, mode))
