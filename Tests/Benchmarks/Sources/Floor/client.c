// A thousand clients at once: each connects, sends a message, reads its echo, closes, and begins again.

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "Floor.h"

enum { clients = 1000, size = 64 };

static char message[size];
static struct {
  bool has_sent;
  size_t received;
} state[most_descriptors];

static void begin(int epoll, int port) {
  int fd = begin_to_connect(port);
  state[fd].has_sent = false;
  state[fd].received = 0;
  watch(epoll, fd, EPOLL_CTL_ADD, EPOLLIN | EPOLLOUT | EPOLLRDHUP);
}

void run_client(int port) {
  for (int i = 0; i < size; i++) message[i] = (char)('a' + i % 26);
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  printf("ready\n");
  fflush(stdout);
  for (int i = 0; i < clients; i++) begin(epoll, port);

  struct epoll_event events[most_events];
  while (true) {
    int count = epoll_wait(epoll, events, most_events, -1);
    for (int i = 0; i < count; i++) {
      int fd = events[i].data.fd;
      if (!state[fd].has_sent) {
        if (send(fd, message, size, MSG_NOSIGNAL) != size) fail("connect");
        state[fd].has_sent = true;
      }
      if (!(events[i].events & ~(uint32_t)EPOLLOUT)) continue;
      char bytes[size];
      ssize_t result = recv(fd, bytes, size - state[fd].received, 0);
      if (result < 0 && errno == EAGAIN) continue;
      if (result <= 0) fail("read");
      if (memcmp(bytes, message + state[fd].received, (size_t)result)) fail("a wrong byte");
      state[fd].received += (size_t)result;
      if (state[fd].received < size) continue;
      close(fd);
      begin(epoll, port);
    }
  }
}
