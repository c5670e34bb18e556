// Between each client and a server: what one sends, the other gets.

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "Floor.h"

// What one end has sent and the other has not taken yet; without memory while there is none.
struct flow {
  char *bytes;
  size_t from, to;
  bool has_ended;
};

struct end {
  int peer;
  bool is_open;
  struct flow flow;  // from this end to the peer
};

static struct end *ends;  // by descriptor
static char buffer[buffer_size];

static void close_pair(int fd) {
  int both[] = {fd, ends[fd].peer};
  for (int i = 0; i < 2; i++) {
    if (!ends[both[i]].is_open) continue;
    free(ends[both[i]].flow.bytes);
    ends[both[i]].is_open = false;
    close(both[i]);
  }
}

// How many bytes the peer took; -1 when the pair is gone.
static ssize_t pass(int fd, const char *bytes, size_t count) {
  size_t sent = 0;
  while (sent < count) {
    ssize_t result = send(ends[fd].peer, bytes + sent, count - sent, MSG_NOSIGNAL);
    if (result >= 0) {
      sent += (size_t)result;
    } else if (errno == EAGAIN) {
      break;
    } else {
      close_pair(fd);
      return -1;
    }
  }
  return (ssize_t)sent;
}

static void pump(int fd, bool until_end) {
  struct flow *flow = &ends[fd].flow;
  if (flow->bytes) {
    ssize_t sent = pass(fd, flow->bytes + flow->from, flow->to - flow->from);
    if (sent < 0) return;
    flow->from += (size_t)sent;
    if (flow->from < flow->to) return;
    free(flow->bytes);
    flow->bytes = NULL;
    until_end = true;  // its edge may have come meanwhile
  }
  while (!flow->has_ended) {
    ssize_t count = recv(fd, buffer, sizeof buffer, 0);
    if (count < 0 && errno == EAGAIN) return;
    if (count < 0) {
      close_pair(fd);
      return;
    }
    if (count == 0) {
      flow->has_ended = true;
      shutdown(ends[fd].peer, SHUT_WR);
      if (ends[ends[fd].peer].flow.has_ended) close_pair(fd);
      return;
    }
    ssize_t sent = pass(fd, buffer, (size_t)count);
    if (sent < 0) return;
    if (sent < count) {
      flow->bytes = malloc((size_t)(count - sent));
      if (!flow->bytes) fail("malloc");
      memcpy(flow->bytes, buffer + sent, (size_t)(count - sent));
      flow->from = 0;
      flow->to = (size_t)(count - sent);
      return;
    }
    if (count < (ssize_t)sizeof buffer && !until_end) return;
  }
}

static void open_pair(int client, int server) {
  ends[client] = (struct end){.peer = server, .is_open = true};
  ends[server] = (struct end){.peer = client, .is_open = true};
}

static void handle(int fd, uint32_t events) {
  uint32_t ended = events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR);
  if (ends[fd].is_open && events & (EPOLLIN | ended) && !ends[fd].flow.bytes) pump(fd, ended);
  // There is room for what its peer has sent.
  if (ends[fd].is_open && events & EPOLLOUT && ends[ends[fd].peer].flow.bytes) pump(ends[fd].peer, true);
}

void run_relay(int port) {
  ends = calloc(most_descriptors, sizeof *ends);
  if (!ends) fail("calloc");
  run_pairs(port, open_pair, handle);
}
