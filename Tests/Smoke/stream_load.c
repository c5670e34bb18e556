// A load for echo servers of streams: see framing.sh.
//
//     stream_load PORT CLIENTS BATCH REQUESTS lines|frames
//
// Each of CLIENTS connections sends BATCH messages of 64 bytes at once, and again when as many bytes have
// come back. A message is a line, or a frame with its length in four bytes before it; what comes back
// must be the same bytes. Says "warm" after some requests; then, for each line of standard input, makes
// REQUESTS requests and prints how long that took, in microseconds.

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { most_clients = 1000, most_in_batch = 256, size = 64 };

static struct client {
  int fd;
  size_t received;
} clients[most_clients];

static char batch_bytes[most_in_batch * size];
static int number, batch, epoll;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

static void send_batch(struct client *client) {
  client->received = 0;
  ssize_t count = send(client->fd, batch_bytes, batch * size, MSG_NOSIGNAL);
  if (count != batch * size) fail("send");
}

// Makes that many requests in batches, spread over the connections as they answer.
static void make(long requests) {
  long begun = 0, answered = 0;
  for (int i = 0; i < number && begun < requests; i++, begun += batch) send_batch(&clients[i]);
  while (answered < begun) {
    struct epoll_event events[64];
    int ready = epoll_wait(epoll, events, 64, 10000);
    if (ready <= 0) fail("no answer");
    for (int i = 0; i < ready; i++) {
      struct client *client = events[i].data.ptr;
      char bytes[most_in_batch * size];
      ssize_t count = recv(client->fd, bytes, batch * size - client->received, 0);
      if (count <= 0) fail("recv");
      if (memcmp(bytes, batch_bytes + client->received, count)) fail("other bytes came back");
      client->received += count;
      if (client->received < (size_t)(batch * size)) continue;
      answered += batch;
      if (begun < requests) {
        send_batch(client);
        begun += batch;
      }
    }
  }
}

int main(int count, char **words) {
  if (count != 6) return 64;
  number = atoi(words[2]);
  batch = atoi(words[3]);
  long requests = atol(words[4]);
  if (number < 1 || number > most_clients || batch < 1 || batch > most_in_batch) return 64;

  memset(batch_bytes, 'a', sizeof batch_bytes);
  for (int i = 0; i < batch; i++) {
    char *message = batch_bytes + i * size;
    if (strcmp(words[5], "frames") == 0) {
      memcpy(message, (char[]){0, 0, 0, size - 4}, 4);
    } else {
      message[size - 1] = '\n';
    }
  }

  epoll = epoll_create1(EPOLL_CLOEXEC);
  struct sockaddr_in address = {
      .sin_family = AF_INET,
      .sin_port = htons(atoi(words[1])),
      .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
  };
  for (int i = 0; i < number; i++) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    if (connect(fd, (struct sockaddr *)&address, sizeof address)) fail("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    clients[i].fd = fd;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &clients[i]};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event)) fail("epoll_ctl");
  }

  make(200L * number * batch);
  puts("warm");
  fflush(stdout);
  char line[16];
  while (fgets(line, sizeof line, stdin)) {
    double start = now();
    make(requests);
    printf("%.0f\n", (now() - start) * 1e6);
    fflush(stdout);
  }
  return 0;
}
