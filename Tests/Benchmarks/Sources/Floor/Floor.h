// The floor: what the workloads cost in C, by hand, with nothing between the program and the kernel.
//
// One thread; edge-triggered epoll; each socket is registered once; a read that does not fill the buffer is
// the last one, which saves the call that would only say EAGAIN; writing is tried first, and what the kernel
// does not take is kept until there is room.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/epoll.h>

enum { most_events = 256, buffer_size = 64 * 1024, most_descriptors = 1 << 17 };

_Noreturn void fail(const char *what);

// Nanoseconds of the monotonic clock.
uint64_t now(void);

// Listens on a free port of 127.0.0.1, or on a path; says so on standard output. Non-blocking.
int listen_on_loopback(void);
int listen_on_path(const char *path);

// The next client, or -1 when there is none. Non-blocking, without Nagle's algorithm.
int accept_one(int listener);

// Begins to connect to a port of 127.0.0.1.
int begin_to_connect(int port);

void watch(int epoll, int fd, int operation, uint32_t events);

// Connects each client to a port of 127.0.0.1, and hands out the events of both ends.
void run_pairs(int port, void (*open_pair)(int client, int server), void (*handle)(int fd, uint32_t events));

// Programs.
void serve(int listener, const char *mode);
void serve_datagrams(bool in_batches);
void run_relay(int port);
void run_splice_relay(int port);
void run_client(int port);
