// What both relays share: each client is connected to a server, and both are watched.

#include "Floor.h"

void run_pairs(int port, void (*open_pair)(int client, int server), void (*handle)(int fd, uint32_t events)) {
  int epoll = epoll_create1(EPOLL_CLOEXEC), listener = listen_on_loopback();
  if (epoll < 0) fail("epoll");
  watch(epoll, listener, EPOLL_CTL_ADD, EPOLLIN);

  struct epoll_event events[most_events];
  while (true) {
    int count = epoll_wait(epoll, events, most_events, -1);
    for (int i = 0; i < count; i++) {
      int fd = events[i].data.fd;
      if (fd != listener) {
        handle(fd, events[i].events);
        continue;
      }
      for (int client; (client = accept_one(listener)) >= 0;) {
        int server = begin_to_connect(port);
        open_pair(client, server);
        watch(epoll, server, EPOLL_CTL_ADD, EPOLLIN | EPOLLOUT | EPOLLRDHUP);
        watch(epoll, client, EPOLL_CTL_ADD, EPOLLIN | EPOLLOUT | EPOLLRDHUP);
      }
    }
  }
}
