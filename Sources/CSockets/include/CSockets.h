// The system calls of this package, for Swift.
//
// Swift's Glibc module lacks epoll, eventfd and accept4, and it offers errno as a variable that any
// code between the call and the look at it may change. So each call is wrapped here: it returns the
// call's result, or the negated error number, read in the frame that made the call.

#ifndef CSOCKETS_H
#define CSOCKETS_H

#include <ifaddrs.h>
#include <netdb.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>

// The C library's struct mmsghdr, which it shows only to programs that define _GNU_SOURCE.
struct csockets_mmsghdr {
  struct msghdr header;
  unsigned length;
};

long csockets_socket(int family, int type, int protocol);
long csockets_socketpair(int family, int type, int protocol, int pair[2]);
long csockets_bind(int fd, const void *address, unsigned length);
long csockets_listen(int fd, int backlog);
long csockets_accept4(int fd, void *address, unsigned *length, int flags);
long csockets_connect(int fd, const void *address, unsigned length);
long csockets_shutdown(int fd, int how);
long csockets_close(int fd);
long csockets_duplicate(int fd);
long csockets_control(int fd, int command, int argument);
long csockets_at_mark(int fd);

// How many bytes wait in the socket to be read, and to be sent or acknowledged.
long csockets_receive_queue(int fd);
long csockets_send_queue(int fd);

long csockets_recv(int fd, void *buffer, size_t count, int flags);
long csockets_send(int fd, const void *buffer, size_t count, int flags);
long csockets_sendmsg(int fd, const struct msghdr *message, int flags);
long csockets_recvmsg(int fd, struct msghdr *message, int flags);
long csockets_recvmmsg(int fd, struct csockets_mmsghdr *messages, unsigned count, int flags);
long csockets_sendmmsg(int fd, struct csockets_mmsghdr *messages, unsigned count, int flags);
long csockets_getsockopt(int fd, int level, int name, void *value, unsigned *length);
long csockets_setsockopt(int fd, int level, int name, const void *value, unsigned length);
long csockets_getsockname(int fd, void *address, unsigned *length);
long csockets_getpeername(int fd, void *address, unsigned *length);
long csockets_fchmod(int fd, unsigned mode);

// What lstat and fstat say of a file.
struct csockets_file_status {
  uint64_t device;
  uint64_t inode;
  int64_t size;
  int is_socket;
  int is_regular;
};

long csockets_lstat(const char *path, struct csockets_file_status *status);
long csockets_fstat(int fd, struct csockets_file_status *status);
long csockets_unlink(const char *path);
long csockets_open_directory(const char *path);

// A pipe whose ends are close-on-exec and non-blocking.
long csockets_pipe(int ends[2]);
long csockets_read(int fd, void *buffer, size_t count);

// splice with SPLICE_F_MOVE and SPLICE_F_NONBLOCK. It has no flag against SIGPIPE: towards a socket the signal
// is blocked for the thread during the call, and dropped if it came.
long csockets_splice(int from, int to, size_t count);
long csockets_splice_to_socket(int pipe, int to, size_t count);

// sendfile, quiet as the one above.
long csockets_sendfile(int to, int from, int64_t offset, size_t count);
long csockets_pread(int fd, void *buffer, size_t count, int64_t offset);

// flock for one owner; EAGAIN while another has it. The lock ends when the descriptor is closed.
long csockets_try_lock(int fd);

// The room for a control message that carries so many descriptors.
size_t csockets_rights_space(size_t count);

// Writes the one control message, with descriptors, into room of exactly that size.
void csockets_put_rights(struct msghdr *message, const int *descriptors, size_t count);

// Copies all descriptors out of what recvmsg has received, those that are not asked for, or have no
// room, being closed. Returns how many were copied.
size_t csockets_take_rights(struct msghdr *message, int *descriptors, size_t capacity);

long csockets_epoll_create1(int flags);
long csockets_epoll_ctl(int epoll, int operation, int fd, uint32_t events, uint64_t data);
long csockets_epoll_wait(int epoll, struct epoll_event *events, int capacity, int timeout);
long csockets_wait_for_input(int fd, int64_t nanoseconds);
long csockets_eventfd(unsigned value, int flags);
long csockets_eventfd_read(int fd);
long csockets_eventfd_write(int fd);

// Makes SIGINT and SIGTERM write an eventfd, from now on and once each: the second of a kind ends the
// process as it always did. Returns the eventfd, the same one for every call, or the negated error
// number.
long csockets_shutdown_signals(void);

// The last of these signals that came, or 0.
int csockets_shutdown_signal(void);

// The symbolic name of an error number, such as "EADDRINUSE"; NULL for an unknown one.
const char *csockets_error_name(int error);

// The number of processors that this process may run on: its affinity mask, not the machine's size.
int csockets_processor_count(void);

// Starts a detached thread; returns 0 or the negated error number.
long csockets_thread_start(const char *name, void (*body)(void *), void *context);

// A number that names the calling thread, unique among the living threads: here, for it is asked for at each job.
static inline uintptr_t csockets_thread_self(void) { return (uintptr_t)__builtin_thread_pointer(); }

// Sleeps for so many nanoseconds, whatever signals come.
void csockets_thread_sleep(int64_t nanoseconds);

// A pointer of the calling thread's own, NULL at first.
void *csockets_thread_local(void);
void csockets_set_thread_local(void *value);

// The addresses of a host and a service, for stream sockets, either of which may be NULL: an array that
// the caller frees. Returns 0 or an EAI_ number; for EAI_SYSTEM, `error` receives the error number.
int csockets_getaddrinfo(const char *host, const char *service, struct sockaddr_storage **addresses,
                         size_t *count, int *error);

// The names of an address and its port; a buffer of size 0 is not wanted. Returns as above.
int csockets_getnameinfo(const void *address, unsigned length, char *host, unsigned host_size,
                         char *service, unsigned service_size, int flags, int *error);

// An EAI_ number in words.
const char *csockets_lookup_error(int failure);

// The addresses of the network interfaces, a list for freeifaddrs.
long csockets_getifaddrs(struct ifaddrs **list);

// Where a sequence of bytes occurs first in another one; NULL if it does not. Its time grows with the sum
// of both lengths.
const void *csockets_find(const void *bytes, size_t count, const void *sequence, size_t length);

// Whether the current task of Swift's is cancelled: by the runtime's own functions, which are part of its ABI.
bool csockets_task_is_cancelled(void);

#endif
