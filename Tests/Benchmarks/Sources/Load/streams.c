#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/time.h>

#include "Load.h"

size_t first_message(const struct pattern *pattern, int index) {
  return (size_t)index * pattern->message % pattern->period;
}

void open_streams(const struct settings *settings, const struct pattern *pattern, int *fds, int from,
                  int to) {
  enum { group = 64 };
  // A blocking write of much, while nobody reads the echo, would wait for ever.
  bool echoes = pattern->message <= 16384;
  static char bytes[16384];
  struct timeval limit = {.tv_sec = 10};
  for (int first = from; first < to; first += group) {
    int last = first + group < to ? first + group : to;
    for (int i = first; i < last; i++) {
      fds[i] = open_stream(settings, i, 0);
      setsockopt(fds[i], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
      const char *message = pattern->bytes + first_message(pattern, i);
      if (echoes && send(fds[i], message, pattern->message, MSG_NOSIGNAL) != (ssize_t)pattern->message)
        fail("connection %d: its first write: %s", i, strerror(errno));
    }
    for (int i = first; i < last; i++) {
      ssize_t length = (ssize_t)pattern->message;
      if (echoes) {
        ssize_t received = recv(fds[i], bytes, pattern->message, MSG_WAITALL);
        if (received != length)
          fail("connection %d: its first echo: %s", i, received < 0 ? strerror(errno) : "cut short");
        if (memcmp(bytes, pattern->bytes + first_message(pattern, i), pattern->message))
          fail("connection %d: its first echo has a wrong byte", i);
      }
      fcntl(fds[i], F_SETFL, O_NONBLOCK);
    }
    if (echoes) count_requests((uint64_t)(last - first), now());
  }
}
