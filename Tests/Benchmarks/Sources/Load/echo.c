// Closed loop: what came back whole lets the connection send as much again, so a message's latency begins
// when it is handed to the kernel and ends when its last byte is read.

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "Load.h"

struct connection {
  int fd;
  bool waits_for_room;    // epoll is asked about room only once a write was cut
  size_t sent, received;  // positions in the pattern
  size_t owed;            // bytes that may be sent and have not been
  size_t partial;         // bytes of a message of which the rest is missing
  unsigned oldest;        // message under way, of which the time is kept
  uint64_t *times;        // when each message under way began to leave
};

static struct settings *settings;
static struct pattern pattern;
static int epoll;
static char bytes[most_per_call];

static void watch(struct connection *connection, int operation, uint32_t events) {
  struct epoll_event event = {.events = events | EPOLLIN | EPOLLRDHUP | EPOLLET,
                              .data.ptr = connection};
  if (epoll_ctl(epoll, operation, connection->fd, &event)) fail("epoll_ctl: %s", strerror(errno));
}

static void send_owed(struct connection *connection) {
  while (connection->owed > 0) {
    const char *next = pattern.bytes + connection->sent;
    ssize_t count = send(connection->fd, next, connection->owed, MSG_NOSIGNAL);
    if (count < 0 && errno != EAGAIN) fail("write: %s", strerror(errno));
    if (count > 0) {
      connection->owed -= (size_t)count;
      connection->sent = (connection->sent + (size_t)count) % pattern.period;
    }
    if (connection->owed == 0) return;
    if (!connection->waits_for_room) watch(connection, EPOLL_CTL_MOD, EPOLLOUT);
    connection->waits_for_room = true;
    if (count < 0) return;
  }
}

static void start(struct connection *connection, unsigned messages, uint64_t time) {
  unsigned depth = (unsigned)settings->depth;
  for (unsigned i = 0; i < messages; i++)
    connection->times[(connection->oldest + depth - messages + i) % depth] = time;
  connection->owed += messages * pattern.message;
  send_owed(connection);
}

static void receive(struct connection *connection) {
  unsigned complete = 0;
  uint64_t time = 0;
  while (true) {
    ssize_t count = recv(connection->fd, bytes, sizeof bytes, 0);
    if (count == 0) fail("the server closed a connection");
    if (count < 0 && errno == EAGAIN) break;
    if (count < 0) fail("read: %s", strerror(errno));
    if (memcmp(bytes, pattern.bytes + connection->received, (size_t)count))
      fail("a wrong byte came back");
    connection->received = (connection->received + (size_t)count) % pattern.period;
    connection->partial += (size_t)count;
    if (connection->partial >= pattern.message) {
      time = now();
      for (; connection->partial >= pattern.message; connection->partial -= pattern.message) {
        record(time - connection->times[connection->oldest]);
        connection->oldest = (connection->oldest + 1) % (unsigned)settings->depth;
        if (++complete > (unsigned)settings->depth) fail("more came back than was sent");
      }
    }
    if (count < (ssize_t)sizeof bytes) break;
  }
  if (complete == 0) return;
  count_requests(complete, time);
  start(connection, complete, time);
}

void run_echo(struct settings *given) {
  settings = given;
  pattern = make_pattern(settings);
  epoll = epoll_create1(EPOLL_CLOEXEC);
  size_t number = (size_t)settings->connections;
  struct connection *connections = calloc(number, sizeof *connections);
  uint64_t *times = calloc(number * (size_t)settings->depth, sizeof *times);
  int *fds = calloc(number, sizeof *fds);
  if (!connections || !times || !fds) fail("no memory");

  open_streams(settings, &pattern, fds, 0, settings->connections);
  wait_for_start(settings);
  for (int i = 0; i < settings->connections; i++) {
    struct connection *connection = &connections[i];
    *connection = (struct connection){.fd = fds[i], .times = times + i * settings->depth};
    connection->sent = connection->received = first_message(&pattern, i);
    watch(connection, EPOLL_CTL_ADD, 0);
    start(connection, (unsigned)settings->depth, now());
  }

  struct epoll_event events[256];
  while (!window_is_over(settings, now())) {
    int count = epoll_wait(epoll, events, sizeof events / sizeof *events, 100);
    for (int i = 0; i < count; i++) {
      struct connection *connection = events[i].data.ptr;
      if (events[i].events & EPOLLOUT) send_owed(connection);
      if (events[i].events & ~(uint32_t)EPOLLOUT) receive(connection);
    }
  }
  for (size_t i = 0; i < number; i++)
    check_overdue(settings, connections[i].times[connections[i].oldest]);
  print_result(settings);
  puts("}");
  wait_for_end(settings);
}
