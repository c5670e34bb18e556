#define _GNU_SOURCE
#include "Floor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

_Noreturn void fail(const char *what) {
  fprintf(stderr, "%s: %s\n", what, strerror(errno));
  exit(1);
}

uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

int listen_on_loopback(void) {
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // inherited
  if (bind(listener, (struct sockaddr *)&address, sizeof address)) fail("bind");
  if (listen(listener, 65535)) fail("listen");
  getsockname(listener, (struct sockaddr *)&address, &length);
  printf("ready %d\n", ntohs(address.sin_port));
  fflush(stdout);
  return listener;
}

int listen_on_path(const char *path) {
  int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strncpy(address.sun_path, path, sizeof address.sun_path - 1);
  if (bind(listener, (struct sockaddr *)&address, sizeof address)) fail("bind");
  if (listen(listener, 65535)) fail("listen");
  printf("ready\n");
  fflush(stdout);
  return listener;
}

int accept_one(int listener) {
  int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0 && errno != EAGAIN && errno != ECONNABORTED) fail("accept");
  if (fd >= most_descriptors) {
    errno = EMFILE;
    fail("accept");
  }
  return fd;
}

int begin_to_connect(int port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
  if (fd < 0) fail("socket");
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  address.sin_port = htons((uint16_t)port);
  if (connect(fd, (struct sockaddr *)&address, sizeof address) && errno != EINPROGRESS)
    fail("connect");
  return fd;
}

void watch(int epoll, int fd, int operation, uint32_t events) {
  struct epoll_event event = {.events = events | EPOLLET, .data.fd = fd};
  if (epoll_ctl(epoll, operation, fd, &event)) fail("epoll_ctl");
}

int main(int count, char **words) {
  const char *mode = count > 1 ? words[1] : "", *argument = count > 2 ? words[2] : "";
  if (!strcmp(mode, "echo") || !strcmp(mode, "bulk") || !strcmp(mode, "read") ||
      !strcmp(mode, "lines") || !strcmp(mode, "frames") || !strcmp(mode, "timer") || !strcmp(mode, "deadline")) {
    serve(listen_on_loopback(), mode);
  } else if (!strcmp(mode, "unix")) {
    serve(listen_on_path(argument), "echo");
  } else if (!strcmp(mode, "udp") || !strcmp(mode, "udp-batch")) {
    serve_datagrams(!strcmp(mode, "udp-batch"));
  } else if (!strcmp(mode, "relay")) {
    run_relay(atoi(argument));
  } else if (!strcmp(mode, "relay-splice")) {
    run_splice_relay(atoi(argument));
  } else if (!strcmp(mode, "client")) {
    run_client(atoi(argument));
  }
  fprintf(stderr,
          "usage: Floor echo|bulk|read|lines|frames|timer|deadline|udp|udp-batch\n"
          "       Floor unix PATH | relay PORT | relay-splice PORT | client PORT\n");
  return 64;
}
