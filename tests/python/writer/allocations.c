// allocations.c - preloaded by test_call_costs.py: counts the calling thread's calls of malloc and
// its kin. For glibc, whose own functions are behind these names.
#include <stddef.h>

extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);

static _Thread_local __attribute__((tls_model("initial-exec"))) long count;

long allocations(void) { return count; }

void *malloc(size_t bytes) {
  ++count;
  return __libc_malloc(bytes);
}

void *calloc(size_t items, size_t bytes) {
  ++count;
  return __libc_calloc(items, bytes);
}

void *realloc(void *block, size_t bytes) {
  ++count;
  return __libc_realloc(block, bytes);
}
