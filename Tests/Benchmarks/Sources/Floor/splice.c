// Between each client and a server, as relay.c, for long streams: the bytes stay in the kernel.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "Floor.h"

enum { pipe_size = 1 << 20 };

struct end {
  int peer;
  bool is_open, is_readable, has_ended;
  // What this end has sent and the peer has not taken yet.
  int in, out;
  size_t count;
};

static struct end *ends;  // by descriptor

static void open_end(int fd, int peer) {
  int both[2];
  if (pipe2(both, O_NONBLOCK | O_CLOEXEC)) fail("pipe2");
  fcntl(both[1], F_SETPIPE_SZ, pipe_size);  // where it may: smaller ones do as well
  ends[fd] = (struct end){.peer = peer, .is_open = true, .in = both[1], .out = both[0]};
}

static void close_pair(int fd) {
  int both[] = {fd, ends[fd].peer};
  for (int i = 0; i < 2; i++) {
    if (!ends[both[i]].is_open) continue;
    ends[both[i]].is_open = false;
    close(ends[both[i]].in);
    close(ends[both[i]].out);
    close(both[i]);
  }
}

// Passes on what an end has sent, until it has sent no more or its peer takes no more.
static void pump(int fd) {
  struct end *end = &ends[fd];
  while (end->is_open) {
    while (end->count > 0) {
      ssize_t sent = splice(end->out, NULL, end->peer, NULL, end->count, SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
      if (sent < 0 && errno == EAGAIN) return;
      if (sent < 0) {
        close_pair(fd);
        return;
      }
      end->count -= (size_t)sent;
    }
    if (!end->is_readable || end->has_ended) return;
    // The pipe is empty: EAGAIN says that there is nothing to read, not that there is no room.
    ssize_t count = splice(fd, NULL, end->in, NULL, pipe_size, SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
    if (count > 0) {
      end->count = (size_t)count;
    } else if (count < 0 && errno == EAGAIN) {
      end->is_readable = false;
    } else if (count < 0) {
      close_pair(fd);
    } else {
      end->has_ended = true;
      shutdown(end->peer, SHUT_WR);
      if (ends[end->peer].has_ended) close_pair(fd);
    }
  }
}

static void open_pair(int client, int server) {
  open_end(client, server);
  open_end(server, client);
}

static void handle(int fd, uint32_t events) {
  if (!ends[fd].is_open) return;
  if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) {
    ends[fd].is_readable = true;
    pump(fd);
  }
  // There is room for what its peer has sent.
  if (ends[fd].is_open && events & EPOLLOUT && ends[ends[fd].peer].count > 0) pump(ends[fd].peer);
}

void run_splice_relay(int port) {
  ends = calloc(most_descriptors, sizeof *ends);
  if (!ends) fail("calloc");
  run_pairs(port, open_pair, handle);
}
