// A preload library that counts the allocations of a process: see allocations.sh.
//
// Three numbers of 8 bytes lie in a file, named by COUNT_ALLOCATIONS_FILE and shared with whoever reads or
// writes it, which costs the counted process nothing:
//
// 1. the count so far;
// 2. how many of the coming allocations are to be noted on standard error, each with its stack;
// 3. how many bytes are allocated now, as far as two readings differ.
//
// Everything on the heap comes through these functions; what the process maps by itself (thread stacks)
// does not, and is not counted.

#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <malloc.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

// glibc's own entry points: looking the next ones up with dlsym would allocate.
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

struct shared {
  uint64_t count;
  int64_t to_note;
  uint64_t bytes;
};

static struct shared before_the_file;
static struct shared *shared = &before_the_file;

__attribute__((constructor)) static void open_file(void) {
  void *frame;
  backtrace(&frame, 1);  // the first call loads a library

  const char *path = getenv("COUNT_ALLOCATIONS_FILE");
  if (!path) return;
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return;
  if (ftruncate(fd, sizeof *shared) == 0) {
    void *page = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (page != MAP_FAILED) shared = page;
  }
  close(fd);
}

static void note_stack(void) {
  if (__atomic_fetch_sub(&shared->to_note, 1, __ATOMIC_RELAXED) <= 0) return;
  void *frames[16];
  int depth = backtrace(frames, sizeof frames / sizeof *frames);
  backtrace_symbols_fd(frames, depth, STDERR_FILENO);
  if (write(STDERR_FILENO, "\n", 1) < 0) return;
}

static void count(void) {
  __atomic_fetch_add(&shared->count, 1, __ATOMIC_RELAXED);
  if (__atomic_load_n(&shared->to_note, __ATOMIC_RELAXED) > 0) note_stack();
}

// Counts an allocation's bytes, if there is one.
static void *sized(void *memory) {
  if (memory) __atomic_fetch_add(&shared->bytes, malloc_usable_size(memory), __ATOMIC_RELAXED);
  return memory;
}

void free(void *memory) {
  if (memory) __atomic_fetch_sub(&shared->bytes, malloc_usable_size(memory), __ATOMIC_RELAXED);
  __libc_free(memory);
}

void *malloc(size_t size) {
  count();
  return sized(__libc_malloc(size));
}

void *calloc(size_t elements, size_t size) {
  count();
  return sized(__libc_calloc(elements, size));
}

void *realloc(void *old, size_t size) {
  count();
  size_t before = malloc_usable_size(old);  // 0 of none
  void *memory = __libc_realloc(old, size);
  if (memory || size == 0) __atomic_fetch_sub(&shared->bytes, before, __ATOMIC_RELAXED);
  return sized(memory);
}

void *memalign(size_t alignment, size_t size) {
  count();
  return sized(__libc_memalign(alignment, size));
}

void *aligned_alloc(size_t alignment, size_t size) {
  count();
  return sized(__libc_memalign(alignment, size));
}

int posix_memalign(void **result, size_t alignment, size_t size) {
  count();
  void *memory = sized(__libc_memalign(alignment, size));
  if (!memory) return ENOMEM;
  *result = memory;
  return 0;
}
