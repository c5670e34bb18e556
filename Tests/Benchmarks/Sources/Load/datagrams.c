// Each socket sends a window of datagrams, and the next one when all are back or 20 ms have brought none.

#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "Load.h"

enum { most_in_window = 64, longest = 2048 };

// The first bytes of a datagram; the rest is the pattern's, from a place that these bytes choose.
struct header {
  uint32_t socket, number;
};

struct window {
  int fd, missing;
  uint32_t socket, first;  // number of its first datagram
  uint64_t time, arrived;  // when it was sent; a bit for each datagram that is back
};

static struct settings *settings;
static struct pattern pattern;
static uint64_t lost;
static char payloads[most_in_window][longest];
static struct iovec parts[most_in_window];
static struct mmsghdr messages[most_in_window];

static const char *body(const struct header *header) {
  return pattern.bytes + (header->socket * 8191u + header->number) % (uint32_t)pattern.period;
}

static void send_window(struct window *window) {
  size_t size = settings->size;
  window->first += (uint32_t)settings->depth;
  window->arrived = 0;
  window->time = now();
  for (int i = 0; i < settings->depth; i++) {
    struct header header = {window->socket, window->first + (uint32_t)i};
    memcpy(payloads[i], &header, sizeof header);
    memcpy(payloads[i] + sizeof header, body(&header), size - sizeof header);
    parts[i].iov_len = size;
  }
  int sent;
  if (settings->depth == 1) {
    sent = send(window->fd, payloads[0], size, 0) < 0 ? 0 : 1;
  } else {
    sent = sendmmsg(window->fd, messages, (unsigned)settings->depth, 0);
  }
  window->missing = sent > 0 ? sent : 0;
}

static void check(struct window *window, size_t length, const char *payload, uint64_t time) {
  struct header header;
  if (length != settings->size) fail("a datagram of %zu bytes came back", length);
  memcpy(&header, payload, sizeof header);
  uint32_t place = header.number - window->first;
  if (header.socket != window->socket) fail("a datagram of another socket came back");
  if (place >= (uint32_t)settings->depth) return;  // of a window that was given up
  if (memcmp(payload + sizeof header, body(&header), length - sizeof header))
    fail("a wrong byte came back");
  if (window->arrived & 1ull << place) fail("a datagram came back twice");
  window->arrived |= 1ull << place;
  window->missing--;
  record(time - window->time);
  count_requests(1, time);
}

static void receive(struct window *window) {
  while (window->missing > 0) {
    int count;
    if (settings->depth == 1) {
      ssize_t length = recv(window->fd, payloads[0], longest, MSG_DONTWAIT);
      count = length < 0 ? -1 : 1;
      messages[0].msg_len = (unsigned)length;
    } else {
      for (int i = 0; i < settings->depth; i++) parts[i].iov_len = longest;
      count = recvmmsg(window->fd, messages, (unsigned)settings->depth, MSG_DONTWAIT, NULL);
    }
    if (count < 0 && errno == EAGAIN) return;
    if (count < 0) fail("read: %s", strerror(errno));
    uint64_t time = now();
    for (int i = 0; i < count; i++) check(window, messages[i].msg_len, payloads[i], time);
  }
}

void run_datagrams(struct settings *given) {
  settings = given;
  if (settings->depth > most_in_window || settings->size > longest)
    fail("at most %d datagrams of %d bytes", most_in_window, longest);
  pattern = make_pattern(settings);
  for (int i = 0; i < most_in_window; i++) {
    parts[i] = (struct iovec){payloads[i], longest};
    messages[i].msg_hdr = (struct msghdr){.msg_iov = &parts[i], .msg_iovlen = 1};
  }
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  struct window *windows = calloc((size_t)settings->connections, sizeof *windows);
  if (!windows) fail("no memory");
  for (int i = 0; i < settings->connections; i++) {
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, &settings->address.any, settings->address_length))
      fail("connect: %s", strerror(errno));
    windows[i] = (struct window){.fd = fd, .socket = (uint32_t)i};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &windows[i]};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
    send_window(&windows[i]);
  }

  struct epoll_event events[256];
  uint64_t time, looked = now();
  while (!window_is_over(settings, time = now())) {
    int count = epoll_wait(epoll, events, sizeof events / sizeof *events, 20);
    for (int i = 0; i < count; i++) {
      struct window *window = events[i].data.ptr;
      receive(window);
      if (window->missing <= 0) send_window(window);
    }
    if (time - looked < 20000000) continue;
    looked = time;
    for (int i = 0; i < settings->connections; i++) {
      if (time - windows[i].time < 20000000) continue;
      lost += (uint64_t)windows[i].missing;
      send_window(&windows[i]);
    }
  }
  print_result(settings);
  printf(", \"lost\": %llu}\n", (unsigned long long)lost);
}
