#define _GNU_SOURCE  // accept4, memmem, strerrorname_np, sched_getaffinity

#include "CSockets.h"

#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/sockios.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

// The one place where errno is read.
static inline long result(long value) { return value < 0 ? -(long)errno : value; }

// Calls that a connection or a request makes go through syscall(2): they are cancellation points of pthreads, and in a
// process with threads glibc puts two atomic exchanges around each, 2 % of an echo's CPU, for a feature that Swift
// threads never use.

long csockets_socket(int family, int type, int protocol) {
  return result(socket(family, type, protocol));
}

long csockets_socketpair(int family, int type, int protocol, int pair[2]) {
  return result(socketpair(family, type, protocol, pair));
}

long csockets_bind(int fd, const void *address, unsigned length) {
  return result(bind(fd, address, length));
}

long csockets_listen(int fd, int backlog) { return result(listen(fd, backlog)); }

long csockets_accept4(int fd, void *address, unsigned *length, int flags) {
  return result(syscall(SYS_accept4, fd, address, length, flags));
}

long csockets_connect(int fd, const void *address, unsigned length) {
  return result(syscall(SYS_connect, fd, address, length));
}

long csockets_shutdown(int fd, int how) { return result(shutdown(fd, how)); }

long csockets_close(int fd) { return result(syscall(SYS_close, fd)); }

long csockets_duplicate(int fd) { return result(fcntl(fd, F_DUPFD_CLOEXEC, 0)); }

long csockets_control(int fd, int command, int argument) {
  return result(fcntl(fd, command, argument));
}

long csockets_at_mark(int fd) { return result(sockatmark(fd)); }

static long queue(int fd, unsigned long request) {
  int count = 0;
  long outcome = result(ioctl(fd, request, &count));
  return outcome < 0 ? outcome : count;
}

long csockets_receive_queue(int fd) { return queue(fd, SIOCINQ); }

long csockets_send_queue(int fd) { return queue(fd, SIOCOUTQ); }

long csockets_recv(int fd, void *buffer, size_t count, int flags) {
  return result(syscall(SYS_recvfrom, fd, buffer, count, flags, NULL, NULL));
}

long csockets_send(int fd, const void *buffer, size_t count, int flags) {
  return result(syscall(SYS_sendto, fd, buffer, count, flags, NULL, 0));
}

long csockets_sendmsg(int fd, const struct msghdr *message, int flags) {
  return result(syscall(SYS_sendmsg, fd, message, flags));
}

long csockets_recvmsg(int fd, struct msghdr *message, int flags) {
  return result(syscall(SYS_recvmsg, fd, message, flags));
}

_Static_assert(sizeof(struct csockets_mmsghdr) == sizeof(struct mmsghdr), "as the C library's");
_Static_assert(offsetof(struct csockets_mmsghdr, length) == offsetof(struct mmsghdr, msg_len),
               "as the C library's");

long csockets_recvmmsg(int fd, struct csockets_mmsghdr *messages, unsigned count, int flags) {
  return result(syscall(SYS_recvmmsg, fd, messages, count, flags, NULL));
}

long csockets_sendmmsg(int fd, struct csockets_mmsghdr *messages, unsigned count, int flags) {
  return result(syscall(SYS_sendmmsg, fd, messages, count, flags));
}

long csockets_getsockopt(int fd, int level, int name, void *value, unsigned *length) {
  return result(getsockopt(fd, level, name, value, length));
}

long csockets_setsockopt(int fd, int level, int name, const void *value, unsigned length) {
  return result(setsockopt(fd, level, name, value, length));
}

long csockets_getsockname(int fd, void *address, unsigned *length) {
  return result(getsockname(fd, address, length));
}

long csockets_getpeername(int fd, void *address, unsigned *length) {
  return result(getpeername(fd, address, length));
}

long csockets_fchmod(int fd, unsigned mode) { return result(fchmod(fd, mode)); }

static long file_status(long outcome, const struct stat *found, struct csockets_file_status *status) {
  if (outcome < 0) return outcome;
  status->device = found->st_dev;
  status->inode = found->st_ino;
  status->size = found->st_size;
  status->is_socket = S_ISSOCK(found->st_mode);
  status->is_regular = S_ISREG(found->st_mode);
  return 0;
}

long csockets_lstat(const char *path, struct csockets_file_status *status) {
  struct stat found;
  return file_status(result(lstat(path, &found)), &found, status);
}

long csockets_fstat(int fd, struct csockets_file_status *status) {
  struct stat found;
  return file_status(result(fstat(fd, &found)), &found, status);
}

long csockets_unlink(const char *path) { return result(unlink(path)); }

long csockets_open_directory(const char *path) {
  return result(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK));
}

long csockets_pipe(int ends[2]) { return result(pipe2(ends, O_CLOEXEC | O_NONBLOCK)); }

long csockets_read(int fd, void *buffer, size_t count) { return result(read(fd, buffer, count)); }

// Blocks SIGPIPE for the calling thread.
static void block_sigpipe(sigset_t *outer) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &set, outer);
}

// Ends what block_sigpipe began. The kernel sends the signal to the thread that made the call, and it is taken
// away before it can come through. It is pending there if the call has failed with EPIPE; and maybe if it has
// moved less than it should: such a call is several sends, and tells of what the first have moved, not of why
// the last one failed.
static long without_sigpipe(long outcome, size_t count, const sigset_t *outer) {
  if (outcome == -EPIPE || (outcome > 0 && (size_t)outcome < count)) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    const struct timespec at_once = {0};
    while (sigtimedwait(&set, NULL, &at_once) < 0 && errno == EINTR) continue;
  }
  pthread_sigmask(SIG_SETMASK, outer, NULL);
  return outcome;
}

long csockets_splice(int from, int to, size_t count) {
  return result(splice(from, NULL, to, NULL, count, SPLICE_F_MOVE | SPLICE_F_NONBLOCK));
}

long csockets_splice_to_socket(int pipe, int to, size_t count) {
  sigset_t outer;
  block_sigpipe(&outer);
  return without_sigpipe(csockets_splice(pipe, to, count), count, &outer);
}

long csockets_sendfile(int to, int from, int64_t offset, size_t count) {
  sigset_t outer;
  off_t start = offset;
  block_sigpipe(&outer);
  return without_sigpipe(result(sendfile(to, from, &start, count)), count, &outer);
}

long csockets_pread(int fd, void *buffer, size_t count, int64_t offset) {
  return result(pread(fd, buffer, count, offset));
}

long csockets_try_lock(int fd) { return result(flock(fd, LOCK_EX | LOCK_NB)); }

size_t csockets_rights_space(size_t count) { return CMSG_SPACE(count * sizeof(int)); }

void csockets_put_rights(struct msghdr *message, const int *descriptors, size_t count) {
  struct cmsghdr *header = CMSG_FIRSTHDR(message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(count * sizeof(int));
  memcpy(CMSG_DATA(header), descriptors, count * sizeof(int));
}

size_t csockets_take_rights(struct msghdr *message, int *descriptors, size_t capacity) {
  const int pid_descriptor = 4;  // SCM_PIDFD, which an adopted socket may have asked for
  size_t taken = 0;
  for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header;
       header = CMSG_NXTHDR(message, header)) {
    // The first one's length is not looked at by the C library.
    const char *end = (const char *)message->msg_control + message->msg_controllen;
    if (header->cmsg_len > (size_t)(end - (const char *)header)) break;
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_len < CMSG_LEN(0)) continue;
    size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t index = 0; index < count; index += 1) {
      int descriptor;
      memcpy(&descriptor, CMSG_DATA(header) + index * sizeof(int), sizeof descriptor);
      if (header->cmsg_type == SCM_RIGHTS && taken < capacity) {
        descriptors[taken++] = descriptor;
      } else if (header->cmsg_type == SCM_RIGHTS || header->cmsg_type == pid_descriptor) {
        close(descriptor);
      }
    }
  }
  return taken;
}

long csockets_epoll_create1(int flags) { return result(epoll_create1(flags)); }

long csockets_epoll_ctl(int epoll, int operation, int fd, uint32_t events, uint64_t data) {
  struct epoll_event event = {.events = events, .data = {.u64 = data}};
  return result(epoll_ctl(epoll, operation, fd, &event));
}

long csockets_epoll_wait(int epoll, struct epoll_event *events, int capacity, int timeout) {
  return result(epoll_wait(epoll, events, capacity, timeout));
}

long csockets_wait_for_input(int fd, int64_t nanoseconds) {
  struct pollfd input = {.fd = fd, .events = POLLIN};
  struct timespec timeout = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
  return result(ppoll(&input, 1, &timeout, NULL));
}

long csockets_eventfd(unsigned value, int flags) { return result(eventfd(value, flags)); }

long csockets_eventfd_read(int fd) {
  uint64_t value;
  return result(read(fd, &value, sizeof value));
}

long csockets_eventfd_write(int fd) {
  uint64_t one = 1;
  return result(write(fd, &one, sizeof one));
}

static _Atomic int shutdown_event = -1;
static _Atomic int shutdown_signal;

static void note_shutdown(int signal) {
  int error = errno;  // a handler may run between a call and the look at its errno
  shutdown_signal = signal;
  csockets_eventfd_write(shutdown_event);
  errno = error;
}

long csockets_shutdown_signals(void) {
  static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&mutex);
  long event = shutdown_event;
  if (event < 0) {
    event = csockets_eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (event >= 0) {
      shutdown_event = (int)event;
      struct sigaction action = {.sa_handler = note_shutdown, .sa_flags = SA_RESTART | SA_RESETHAND};
      sigaction(SIGINT, &action, NULL);
      sigaction(SIGTERM, &action, NULL);
    }
  }
  pthread_mutex_unlock(&mutex);
  return event;
}

int csockets_shutdown_signal(void) { return shutdown_signal; }

const char *csockets_error_name(int error) { return strerrorname_np(error); }

int csockets_processor_count(void) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) return CPU_COUNT(&set);
  long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? (int)online : 1;
}

struct start {
  void (*body)(void *);
  void *context;
  char name[16];  // the kernel's limit for a thread's name, with its NUL
};

static void *run(void *argument) {
  struct start start = *(struct start *)argument;
  free(argument);
  pthread_setname_np(pthread_self(), start.name);
  start.body(start.context);
  return NULL;
}

long csockets_thread_start(const char *name, void (*body)(void *), void *context) {
  struct start *start = malloc(sizeof *start);
  if (!start) return -ENOMEM;
  start->body = body;
  start->context = context;
  strncpy(start->name, name, sizeof start->name - 1);
  start->name[sizeof start->name - 1] = 0;

  pthread_attr_t attributes;
  pthread_t thread;
  int error = pthread_attr_init(&attributes);
  if (!error) {
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    error = pthread_create(&thread, &attributes, run, start);
    pthread_attr_destroy(&attributes);
  }
  if (error) free(start);
  return -(long)error;
}

void csockets_thread_sleep(int64_t nanoseconds) {
  struct timespec left = {nanoseconds / 1000000000, nanoseconds % 1000000000};
  while (nanosleep(&left, &left) < 0 && errno == EINTR) {
  }
}

static _Thread_local void *thread_local_value;

void *csockets_thread_local(void) { return thread_local_value; }

void csockets_set_thread_local(void *value) { thread_local_value = value; }

int csockets_getaddrinfo(const char *host, const char *service, struct sockaddr_storage **addresses,
                         size_t *count, int *error) {
  struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
  struct addrinfo *found = NULL;
  *addresses = NULL;
  *count = 0;
  int failure = getaddrinfo(host, service, &hints, &found);
  *error = failure == EAI_SYSTEM ? errno : 0;
  if (failure) return failure;

  for (struct addrinfo *entry = found; entry; entry = entry->ai_next) ++*count;
  *addresses = calloc(*count, sizeof **addresses);
  size_t index = 0;
  for (struct addrinfo *entry = found; *addresses && entry; entry = entry->ai_next) {
    memcpy(&(*addresses)[index++], entry->ai_addr, entry->ai_addrlen);
  }
  freeaddrinfo(found);
  return *addresses || *count == 0 ? 0 : EAI_MEMORY;
}

int csockets_getnameinfo(const void *address, unsigned length, char *host, unsigned host_size,
                         char *service, unsigned service_size, int flags, int *error) {
  int failure = getnameinfo(address, length, host, host_size, service, service_size, flags);
  *error = failure == EAI_SYSTEM ? errno : 0;
  return failure;
}

const char *csockets_lookup_error(int failure) { return gai_strerror(failure); }

long csockets_getifaddrs(struct ifaddrs **list) { return result(getifaddrs(list)); }

const void *csockets_find(const void *bytes, size_t count, const void *sequence, size_t length) {
  if (length == 0) return bytes;
  const unsigned char *next = bytes, *end = next + count, *first = sequence;
  // memmem takes half a nanosecond for each byte when the sequence has two or three bytes, memchr a fiftieth of that.
  // Whoever sends the first byte again and again, and nothing behind it, gains nothing: after a few, it is memmem.
  for (int misses = 0; misses < 8 && (size_t)(end - next) >= length; misses += 1) {
    const unsigned char *found = memchr(next, *first, (size_t)(end - next) - length + 1);
    if (!found) return NULL;
    if (memcmp(found, sequence, length) == 0) return found;
    next = found + 1;
  }
  return memmem(next, (size_t)(end - next), sequence, length);
}

// Other compilers only look whether this is C.
#if __has_attribute(swiftcall)
#define SWIFTCALL __attribute__((swiftcall))
#define SWIFTCONTEXT __attribute__((swift_context))
#else
#define SWIFTCALL
#define SWIFTCONTEXT
#endif

void *swift_task_getCurrent(void) SWIFTCALL;
bool swift_task_isCancelled(void *task) SWIFTCALL;

bool csockets_task_is_cancelled(void) {
  void *task = swift_task_getCurrent();
  return task != NULL && swift_task_isCancelled(task);
}

// The two halves of a closure of Swift's, and the runtime's record of it.
typedef void closure(SWIFTCONTEXT void *context) SWIFTCALL;

void *swift_task_addCancellationHandler(closure *function, void *context) SWIFTCALL;
void swift_task_removeCancellationHandler(void *record) SWIFTCALL;

// Declared in Swift, not in the header: C has no name for the type of a closure. These have names of their own since
// Swift lets nobody else declare its runtime's.
void *csockets_add_cancellation_handler(closure *function, void *context) SWIFTCALL;
void csockets_remove_cancellation_handler(void *record) SWIFTCALL;

void *csockets_add_cancellation_handler(closure *function, void *context) {
  return swift_task_addCancellationHandler(function, context);
}

void csockets_remove_cancellation_handler(void *record) {
  swift_task_removeCancellationHandler(record);
}
