#define _GNU_SOURCE
#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include "Floor.h"

enum { most_at_once = 64, longest = 2048 };

static char payloads[most_at_once][longest];
static struct sockaddr_in senders[most_at_once];
static struct iovec parts[most_at_once];
static struct mmsghdr messages[most_at_once];

// One datagram; false when there is none.
static bool echo_one(int fd) {
  socklen_t length = sizeof *senders;
  ssize_t count = recvfrom(fd, *payloads, longest, 0, (struct sockaddr *)senders, &length);
  if (count < 0) return false;
  sendto(fd, *payloads, (size_t)count, 0, (struct sockaddr *)senders, length);
  return true;
}

// As many as there are and fit; false when that were not all that fit.
static bool echo_batch(int fd) {
  for (int i = 0; i < most_at_once; i++) {
    parts[i] = (struct iovec){payloads[i], longest};
    messages[i].msg_hdr = (struct msghdr){
        .msg_name = &senders[i], .msg_namelen = sizeof *senders, .msg_iov = &parts[i], .msg_iovlen = 1};
  }
  int count = recvmmsg(fd, messages, most_at_once, 0, NULL);
  for (int i = 0; i < count; i++) parts[i].iov_len = messages[i].msg_len;
  for (int sent = 0; sent < count;) {
    int result = sendmmsg(fd, messages + sent, (unsigned)(count - sent), 0);
    sent += result > 0 ? result : 1;  // what cannot be sent is lost: so is UDP
  }
  return count == most_at_once;
}

void serve_datagrams(bool in_batches) {
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  if (bind(fd, (struct sockaddr *)&address, sizeof address)) fail("bind");
  getsockname(fd, (struct sockaddr *)&address, &length);
  printf("ready %d\n", ntohs(address.sin_port));
  fflush(stdout);

  int epoll = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event;
  watch(epoll, fd, EPOLL_CTL_ADD, EPOLLIN);
  while (true) {
    epoll_wait(epoll, &event, 1, -1);
    while (in_batches ? echo_batch(fd) : echo_one(fd)) continue;
  }
}
