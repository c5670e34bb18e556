// The other end of a client under test: it connects, sends one message, reads its echo and closes. A
// connection counts as a request when the client has closed it.

#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "Load.h"

enum { most_descriptors = 1 << 16 };

static struct settings *settings;
static uint64_t begins[most_descriptors];
static size_t received[most_descriptors];

static void accept_all(int epoll, int listener) {
  while (true) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0 && errno == EAGAIN) return;
    if (fd < 0) fail("accept: %s", strerror(errno));
    if (fd >= most_descriptors) fail("too many connections");
    begins[fd] = now();
    received[fd] = 0;
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data.fd = fd};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event)) fail("epoll_ctl: %s", strerror(errno));
  }
}

// Every message is the alphabet, again and again.
static void echo(int fd) {
  char bytes[4096];
  while (true) {
    ssize_t count = recv(fd, bytes, sizeof bytes, 0);
    if (count < 0 && errno == EAGAIN) return;
    if (count < 0) fail("read: %s", strerror(errno));
    if (count == 0) {
      if (received[fd] != settings->size) fail("a client sent %zu bytes", received[fd]);
      uint64_t time = now();
      record(time - begins[fd]);
      count_requests(1, time);
      close(fd);
      return;
    }
    for (ssize_t i = 0; i < count; i++)
      if (bytes[i] != (char)('a' + (received[fd] + (size_t)i) % 26)) fail("a wrong byte came");
    received[fd] += (size_t)count;
    if (send(fd, bytes, (size_t)count, MSG_NOSIGNAL) != count) fail("write: %s", strerror(errno));
  }
}

void run_sink(struct settings *given) {
  settings = given;
  int epoll = epoll_create1(EPOLL_CLOEXEC), on = 1;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener, &settings->address.any, settings->address_length) || listen(listener, 65535))
    fail("listen: %s", strerror(errno));
  getsockname(listener, &settings->address.any, &settings->address_length);
  struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.fd = listener};
  epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
  printf("ready %d\n", ntohs(settings->address.ip.sin_port));
  fflush(stdout);
  if (scanf("%d", &settings->pid) != 1) fail("no pid of the client on standard input");

  struct epoll_event events[256];
  while (!window_is_over(settings, now())) {
    int count = epoll_wait(epoll, events, sizeof events / sizeof *events, 100);
    for (int i = 0; i < count; i++) {
      if (events[i].data.fd == listener)
        accept_all(epoll, listener);
      else
        echo(events[i].data.fd);
    }
  }
  print_result(settings);
  puts("}");
}
