// fault_shim.c - LD_PRELOAD library that makes the system calls on event files fail, stall or kill.
// A process is under its influence from fault_shim_attach() on, and as long as the control block,
// which other processes share, is armed. Only calls on event files and on the directories that
// are opened to be synced are counted.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

// The same order as in fault_shim.py.
struct control {
  _Atomic uint64_t armed;
  _Atomic uint64_t operations;  // which operations are counted
  _Atomic uint64_t first;       // number of the first call that is hit, from 0
  _Atomic uint64_t times;       // how many calls are hit from there on
  _Atomic uint64_t action;
  _Atomic uint64_t argument;  // errno, bytes of a short write, or milliseconds
  _Atomic uint64_t calls;     // counted so far
  _Atomic uint64_t hits;      // hit so far
  _Atomic uint64_t frozen_seconds;
  _Atomic uint64_t fixed_pid;
};

enum operation { kWrite = 1, kOpen = 2, kTruncate = 4, kDataSync = 8, kSync = 16, kClose = 32 };
enum action { kPass, kFail, kShort, kKillBefore, kKillAfter, kKillTorn, kStall };
// Bytes of a short write that depend on its size.
enum { kHalf = 0, kAllButOne = 0xffffffff };

enum { kDescriptors = 1 << 16 };
static _Atomic unsigned char watched[kDescriptors];
static struct control nothing;
static struct control* control = &nothing;
static int (*real_clock_gettime)(clockid_t, struct timespec*);
static int (*real_gethostname)(char*, size_t);

__attribute__((constructor)) static void find_real_functions(void) {
  *(void**)&real_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
  *(void**)&real_gethostname = dlsym(RTLD_NEXT, "gethostname");
}

int fault_shim_attach(const char* path) {
  const int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);
  if (fd < 0) return -1;
  void* shared = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  syscall(SYS_close, fd);
  if (shared == MAP_FAILED) return -1;
  control = shared;
  return 0;
}

static void die(void) {
  syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
  for (;;) syscall(SYS_sched_yield);
}

static void stall(uint64_t milliseconds) {
  const struct timespec slice = {0, 1000000};
  struct timespec start;
  struct timespec now;
  real_clock_gettime(CLOCK_MONOTONIC, &start);
  do {
    syscall(SYS_nanosleep, &slice, NULL);
    real_clock_gettime(CLOCK_MONOTONIC, &now);
  } while (atomic_load(&control->armed) != 0 &&
           (uint64_t)((now.tv_sec - start.tv_sec) * 1000 +
                      (now.tv_nsec - start.tv_nsec) / 1000000) < milliseconds);
}

// What happens to this call; deaths and stalls that come before it happen here.
static enum action begin(enum operation operation) {
  if (atomic_load(&control->armed) == 0) return kPass;
  if ((atomic_load(&control->operations) & operation) == 0) return kPass;
  const uint64_t call = atomic_fetch_add(&control->calls, 1);
  const uint64_t first = atomic_load(&control->first);
  if (call < first || call - first >= atomic_load(&control->times)) return kPass;
  const enum action action = (enum action)atomic_load(&control->action);
  if (action == kPass) return kPass;
  atomic_fetch_add(&control->hits, 1);
  if (action == kKillBefore || (action == kKillTorn && operation != kWrite)) die();
  if (action == kStall) {
    stall(atomic_load(&control->argument));
    return kPass;
  }
  if (action == kShort && operation != kWrite) return kPass;
  return action;
}

static int fails(enum action action) {
  if (action != kFail) return 0;
  errno = (int)atomic_load(&control->argument);
  return 1;
}

static long end(enum action action, long result) {
  if (action == kKillAfter) die();
  return result;
}

static int is_watched(int fd) { return fd >= 0 && fd < kDescriptors && watched[fd] != 0; }

static size_t short_size(size_t size) {
  const uint64_t argument = atomic_load(&control->argument);
  if (argument == kHalf) return size / 2 > 0 ? size / 2 : 1;
  if (argument == kAllButOne) return size > 1 ? size - 1 : 1;
  return argument < size ? argument : size;
}

ssize_t write(int fd, const void* data, size_t size) {
  if (!is_watched(fd)) return syscall(SYS_write, fd, data, size);
  const enum action action = begin(kWrite);
  if (fails(action)) return -1;
  if (action == kShort) size = short_size(size);
  if (action == kKillTorn) {
    syscall(SYS_write, fd, data, size / 2);
    die();
  }
  return end(action, syscall(SYS_write, fd, data, size));
}

static int open_at(int directory, const char* path, int flags, mode_t mode) {
  const int is_log = strstr(path, ".tfevents.") != NULL || strstr(path, "vdlrecords.") != NULL;
  const int watch = (is_log && (flags & O_ACCMODE) != O_RDONLY) ||
                    (flags & O_DIRECTORY) == O_DIRECTORY;
  const enum action action = watch ? begin(kOpen) : kPass;
  if (fails(action)) return -1;
  const int fd = (int)syscall(SYS_openat, directory, path, flags, mode);
  if (fd >= 0 && fd < kDescriptors) watched[fd] = (unsigned char)watch;
  return (int)end(action, fd);
}

#define MODE_OF(flags)                           \
  mode_t mode = 0;                               \
  if ((flags & (O_CREAT | O_TMPFILE)) != 0) {    \
    va_list list;                                \
    va_start(list, flags);                       \
    mode = (mode_t)va_arg(list, unsigned);       \
    va_end(list);                                \
  }

int open(const char* path, int flags, ...) {
  MODE_OF(flags)
  return open_at(AT_FDCWD, path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  MODE_OF(flags)
  return open_at(AT_FDCWD, path, flags, mode);
}

int openat(int directory, const char* path, int flags, ...) {
  MODE_OF(flags)
  return open_at(directory, path, flags, mode);
}

int openat64(int directory, const char* path, int flags, ...) {
  MODE_OF(flags)
  return open_at(directory, path, flags, mode);
}

#define CALL_ON_DESCRIPTOR(operation, call)   \
  if (!is_watched(fd)) return (int)(call);    \
  const enum action action = begin(operation); \
  if (fails(action)) return -1;               \
  return (int)end(action, call);

int ftruncate(int fd, off_t size) { CALL_ON_DESCRIPTOR(kTruncate, syscall(SYS_ftruncate, fd, size)) }
int fdatasync(int fd) { CALL_ON_DESCRIPTOR(kDataSync, syscall(SYS_fdatasync, fd)) }
int fsync(int fd) { CALL_ON_DESCRIPTOR(kSync, syscall(SYS_fsync, fd)) }

int close(int fd) {
  if (!is_watched(fd)) return (int)syscall(SYS_close, fd);
  const enum action action = begin(kClose);
  watched[fd] = 0;
  const int closed = (int)syscall(SYS_close, fd);  // also when it says that it failed, as Linux
  if (fails(action)) return -1;
  return (int)end(action, closed);
}

// ---- who and when the process believes to be ----

int clock_gettime(clockid_t clock, struct timespec* now) {
  // Constructors of other libraries may come before ours.
  const int result = real_clock_gettime != NULL ? real_clock_gettime(clock, now)
                                                : (int)syscall(SYS_clock_gettime, clock, now);
  const uint64_t frozen = atomic_load(&control->frozen_seconds);
  if (frozen != 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
    *now = (struct timespec){.tv_sec = (time_t)frozen, .tv_nsec = 0};
  }
  return result;
}

time_t time(time_t* result) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (result != NULL) *result = now.tv_sec;
  return now.tv_sec;
}

int gettimeofday(struct timeval* restrict now, void* restrict zone) {
  struct timespec precise;
  (void)zone;
  clock_gettime(CLOCK_REALTIME, &precise);
  *now = (struct timeval){.tv_sec = precise.tv_sec, .tv_usec = precise.tv_nsec / 1000};
  return 0;
}

pid_t getpid(void) {
  const uint64_t fixed = atomic_load(&control->fixed_pid);
  return fixed != 0 ? (pid_t)fixed : (pid_t)syscall(SYS_getpid);
}

int gethostname(char* name, size_t size) {
  if (atomic_load(&control->fixed_pid) == 0) {
    if (real_gethostname == NULL) find_real_functions();
    return real_gethostname(name, size);
  }
  strncpy(name, "samehost", size);
  return 0;
}
