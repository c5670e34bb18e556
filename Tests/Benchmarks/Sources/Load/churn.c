// A connection is one request: connect, one message, its echo, close. This end closes first, so TIME_WAIT is
// on this end's ports.

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "Load.h"

struct connection {
  int fd, index;
  bool has_sent;
  size_t received;
  uint64_t begin;
};

static struct settings *settings;
static struct pattern pattern;
static int epoll, opened;

static void send_message(struct connection *connection) {
  const char *message = pattern.bytes + first_message(&pattern, connection->index);
  ssize_t count = send(connection->fd, message, pattern.message, MSG_NOSIGNAL);
  if (count < 0 && errno == EAGAIN) return;  // not connected yet: epoll will tell
  if (count != (ssize_t)pattern.message) fail("write: %s", count < 0 ? strerror(errno) : "cut");
  connection->has_sent = true;
}

static void open_again(struct connection *connection, uint64_t time) {
  int index = opened++;
  *connection = (struct connection){
      .fd = open_stream(settings, index, SOCK_NONBLOCK), .index = index % 1000, .begin = time};
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                              .data.ptr = connection};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, connection->fd, &event)) fail("epoll_ctl: %s", strerror(errno));
  send_message(connection);
}

static void receive(struct connection *connection) {
  char bytes[16384];
  ssize_t count = recv(connection->fd, bytes, sizeof bytes, 0);
  if (count < 0 && errno == EAGAIN) return;
  if (count == 0) fail("the server closed a connection");
  if (count < 0) fail("read: %s", strerror(errno));
  const char *expected =
      pattern.bytes + first_message(&pattern, connection->index) + connection->received;
  if (connection->received + (size_t)count > pattern.message) fail("more came back than was sent");
  if (memcmp(bytes, expected, (size_t)count)) fail("a wrong byte came back");
  connection->received += (size_t)count;
  if (connection->received < pattern.message) return;
  uint64_t time = now();
  record(time - connection->begin);
  count_requests(1, time);
  close(connection->fd);
  open_again(connection, now());
}

void run_churn(struct settings *given) {
  settings = given;
  pattern = make_pattern(settings);
  epoll = epoll_create1(EPOLL_CLOEXEC);
  struct connection *connections = calloc((size_t)settings->connections, sizeof *connections);
  if (!connections) fail("no memory");
  for (int i = 0; i < settings->connections; i++) open_again(&connections[i], now());

  struct epoll_event events[256];
  while (!window_is_over(settings, now())) {
    int count = epoll_wait(epoll, events, sizeof events / sizeof *events, 100);
    for (int i = 0; i < count; i++) {
      struct connection *connection = events[i].data.ptr;
      if (!connection->has_sent) send_message(connection);
      if (events[i].events & ~(uint32_t)EPOLLOUT) receive(connection);
    }
  }
  for (int i = 0; i < settings->connections; i++) check_overdue(settings, connections[i].begin);
  print_result(settings);
  puts("}");
}
