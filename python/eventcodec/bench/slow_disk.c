// slow_disk.c - a disk that takes its time for each write to a log, for LD_PRELOAD.
// Only files whose name says that they are logs are slow, so that the process itself is not.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

// How long each write takes; below a second. Whoever measures sets it.
volatile long slow_disk_nanoseconds = 0;

static void stall(int descriptor) {
  if (slow_disk_nanoseconds == 0) return;
  char link[64], path[4096];
  snprintf(link, sizeof(link), "/proc/self/fd/%d", descriptor);
  const ssize_t n = readlink(link, path, sizeof(path) - 1);
  if (n <= 0) return;
  path[n] = '\0';
  if (strstr(path, "tfevents") == NULL && strstr(path, "vdlrecords") == NULL) return;
  struct timespec left = {0, slow_disk_nanoseconds};
  while (nanosleep(&left, &left) != 0) continue;
}

ssize_t write(int descriptor, const void* bytes, size_t n) {
  static ssize_t (*next)(int, const void*, size_t);
  if (next == NULL) *(void**)&next = dlsym(RTLD_NEXT, "write");
  stall(descriptor);
  return next(descriptor, bytes, n);
}

ssize_t writev(int descriptor, const struct iovec* parts, int n) {
  static ssize_t (*next)(int, const struct iovec*, int);
  if (next == NULL) *(void**)&next = dlsym(RTLD_NEXT, "writev");
  stall(descriptor);
  return next(descriptor, parts, n);
}

ssize_t pwrite(int descriptor, const void* bytes, size_t n, off_t offset) {
  static ssize_t (*next)(int, const void*, size_t, off_t);
  if (next == NULL) *(void**)&next = dlsym(RTLD_NEXT, "pwrite");
  stall(descriptor);
  return next(descriptor, bytes, n, offset);
}

int fdatasync(int descriptor) {
  static int (*next)(int);
  if (next == NULL) *(void**)&next = dlsym(RTLD_NEXT, "fdatasync");
  stall(descriptor);
  return next(descriptor);
}
