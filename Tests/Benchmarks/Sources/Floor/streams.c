// The servers of streams. They differ in what they answer, and when.

#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "Floor.h"

// Bytes that are kept, on the heap while there are any.
struct kept {
  char *bytes;
  uint32_t from, to;
};

struct connection {
  struct kept input, output;           // an unfinished message; what the kernel would not take
  struct connection *previous, *next;  // in the queue
  uint64_t due;                        // for the queue
  bool asks_for_room;
  bool is_waiting, is_ready;  // for its timer; what came meanwhile
};

static struct connection *connections;  // by descriptor
static int epoll;
static enum { echo, lines, frames, timer, deadline } mode;
static char input[buffer_size], output[buffer_size];

// Connections in the order in which they are due: a later one is due later, since all wait equally long.
static struct connection queue = {.previous = &queue, .next = &queue};
static const uint64_t wait = 1000000, limit = 30000000000;

static int fd_of(const struct connection *connection) { return (int)(connection - connections); }

static void leave_queue(struct connection *connection) {
  if (!connection->next) return;
  connection->previous->next = connection->next;
  connection->next->previous = connection->previous;
  connection->next = NULL;
}

static void join_queue(struct connection *connection, uint64_t due) {
  leave_queue(connection);
  connection->due = due;
  connection->previous = queue.previous;
  connection->next = &queue;
  queue.previous->next = connection;
  queue.previous = connection;
}

static void keep(struct kept *kept, const char *bytes, size_t count) {
  kept->bytes = malloc(count);
  if (!kept->bytes) fail("malloc");
  memcpy(kept->bytes, bytes, count);
  kept->from = 0;
  kept->to = (uint32_t)count;
}

static void forget(struct kept *kept) {
  free(kept->bytes);
  kept->bytes = NULL;
}

static void close_connection(struct connection *connection) {
  leave_queue(connection);
  forget(&connection->input);
  forget(&connection->output);
  close(fd_of(connection));
}

// Returns how many bytes the kernel took, or -1 when the connection is gone.
static ssize_t write_some(struct connection *connection, const char *bytes, size_t count) {
  size_t sent = 0;
  while (sent < count) {
    ssize_t result = send(fd_of(connection), bytes + sent, count - sent, MSG_NOSIGNAL);
    if (result >= 0) {
      sent += (size_t)result;
      continue;
    }
    if (errno != EAGAIN) {
      close_connection(connection);
      return -1;
    }
    if (connection->asks_for_room) break;
    connection->asks_for_room = true;
    watch(epoll, fd_of(connection), EPOLL_CTL_MOD, EPOLLIN | EPOLLRDHUP | EPOLLOUT);
  }
  return (ssize_t)sent;
}

// Writes, and keeps what there is no room for. False when the connection is gone.
static bool reply(struct connection *connection, const char *bytes, size_t count) {
  ssize_t sent = write_some(connection, bytes, count);
  if (sent < 0) return false;
  if ((size_t)sent < count) keep(&connection->output, bytes + sent, count - (size_t)sent);
  return true;
}

// Copies the lines or frames that are complete to the output, one by one; returns their length.
static size_t take_messages(size_t count) {
  size_t taken = 0;
  while (taken < count) {
    size_t length;
    if (mode == lines) {
      char *end = memchr(input + taken, '\n', count - taken);
      if (!end) break;
      length = (size_t)(end - input) - taken + 1;
    } else {
      uint32_t header;
      if (count - taken < sizeof header) break;
      memcpy(&header, input + taken, sizeof header);
      length = sizeof header + __builtin_bswap32(header);
      if (length > count - taken) break;
    }
    memcpy(output + taken, input + taken, length);
    taken += length;
  }
  return taken;
}

static void read_all(struct connection *connection, bool until_end) {
  while (!connection->output.bytes) {
    size_t carried = 0;
    if (connection->input.bytes) {
      carried = connection->input.to;
      memcpy(input, connection->input.bytes, carried);
      forget(&connection->input);
    }
    ssize_t count = recv(fd_of(connection), input + carried, sizeof input - carried, 0);
    if (count < 0 && errno == EAGAIN) {
      if (carried) keep(&connection->input, input, carried);
      break;
    }
    if (count <= 0) {
      close_connection(connection);
      return;
    }
    size_t total = carried + (size_t)count;
    bool was_full = total == sizeof input;
    switch (mode) {
      case echo:
      case deadline:
        if (!reply(connection, input, total)) return;
        break;
      case timer:
        connection->is_waiting = true;
        connection->is_ready = was_full || until_end;
        keep(&connection->output, input, total);
        join_queue(connection, now() + wait);
        return;
      case lines:
      case frames: {
        size_t taken = take_messages(total);
        if (taken == 0 && was_full) {
          close_connection(connection);  // a message longer than the buffer
          return;
        }
        if (total > taken) keep(&connection->input, input + taken, total - taken);
        if (taken && !reply(connection, output, taken)) return;
      }
    }
    if (!was_full && !until_end) break;
  }
  if (mode == deadline) join_queue(connection, now() + limit);
}

static void go_on_writing(struct connection *connection) {
  struct kept *kept = &connection->output;
  ssize_t sent = write_some(connection, kept->bytes + kept->from, kept->to - kept->from);
  if (sent < 0) return;
  kept->from += (uint32_t)sent;
  if (kept->from < kept->to) return;
  forget(kept);
  read_all(connection, true);
}

static void time_out(struct connection *connection) {
  leave_queue(connection);
  if (mode == deadline) {
    close_connection(connection);
    return;
  }
  connection->is_waiting = false;
  struct kept pending = connection->output;
  connection->output.bytes = NULL;
  bool is_alive = reply(connection, pending.bytes, pending.to);
  free(pending.bytes);
  if (is_alive && connection->is_ready) read_all(connection, true);
}

static int wait_for_events(struct epoll_event *events) {
  if (queue.next == &queue) return epoll_wait(epoll, events, most_events, -1);
  uint64_t time = now(), left = queue.next->due > time ? queue.next->due - time : 0;
  struct timespec timeout = {.tv_sec = (time_t)(left / 1000000000), .tv_nsec = left % 1000000000};
  return epoll_pwait2(epoll, events, most_events, &timeout, NULL);
}

void serve(int listener, const char *name) {
  mode = !strcmp(name, "lines")      ? lines
         : !strcmp(name, "frames")   ? frames
         : !strcmp(name, "timer")    ? timer
         : !strcmp(name, "deadline") ? deadline
                                     : echo;
  connections = calloc(most_descriptors, sizeof *connections);
  epoll = epoll_create1(EPOLL_CLOEXEC);
  if (!connections || epoll < 0) fail("epoll");
  watch(epoll, listener, EPOLL_CTL_ADD, EPOLLIN);

  struct epoll_event events[most_events];
  while (true) {
    int count = wait_for_events(events);
    for (int i = 0; i < count; i++) {
      int fd = events[i].data.fd;
      if (fd == listener) {
        for (int new; (new = accept_one(listener)) >= 0;) {
          connections[new] = (struct connection){0};
          watch(epoll, new, EPOLL_CTL_ADD, EPOLLIN | EPOLLRDHUP);
          if (mode == deadline) join_queue(&connections[new], now() + limit);
        }
        continue;
      }
      struct connection *connection = &connections[fd];
      if (connection->is_waiting) {
        connection->is_ready = true;
      } else if (connection->output.bytes) {
        go_on_writing(connection);
      } else {
        read_all(connection, events[i].events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR));
      }
    }
    if (queue.next == &queue) continue;
    uint64_t time = now();
    while (queue.next != &queue && queue.next->due <= time) time_out(queue.next);
  }
}
