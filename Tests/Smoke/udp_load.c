// A load for the UDP echo server: see udp_echo_speed.sh.
//
//     udp_load PORT CLIENTS WINDOW SECONDS plain|offload
//
// Each of CLIENTS sockets sends WINDOW datagrams of 64 bytes to 127.0.0.1, and again when all have come
// back, or 20 ms have passed without one. With `offload` a window is one system call and one packet
// buffer until the last moment, both ways (UDP_SEGMENT, UDP_GRO), as modern QUIC peers do it. Prints how
// many came back.

#include <arpa/inet.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { most_clients = 64, most_in_window = 64, size = 64 };

static struct client {
  int fd, missing;
} clients[most_clients];

static struct mmsghdr messages[most_in_window];
static struct iovec parts[most_in_window];
static char payloads[most_in_window][65536];
static char window_bytes[most_in_window * size];

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

int main(int count, char **words) {
  if (count != 6) return 64;
  int offload = strcmp(words[5], "offload") == 0, on = 1, segment = size;
  int port = atoi(words[1]), number = atoi(words[2]), window = atoi(words[3]);
  double end = now() + atof(words[4]);
  if (number < 1 || number > most_clients || window < 1 || window > most_in_window) return 64;

  struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(port)};
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  struct pollfd polls[most_clients];
  for (int i = 0; i < number; i++) {
    clients[i].fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    if (connect(clients[i].fd, (struct sockaddr *)&server, sizeof server) != 0) return 1;
    if (offload && (setsockopt(clients[i].fd, SOL_UDP, UDP_SEGMENT, &segment, sizeof segment) ||
                    setsockopt(clients[i].fd, SOL_UDP, UDP_GRO, &on, sizeof on)))
      return 1;
    polls[i] = (struct pollfd){.fd = clients[i].fd, .events = POLLIN};
  }
  for (int i = 0; i < window; i++) {
    parts[i] = (struct iovec){payloads[i], size};
    messages[i].msg_hdr = (struct msghdr){.msg_iov = &parts[i], .msg_iovlen = 1};
  }

  long echoed = 0;
  while (now() < end) {
    for (int i = 0; i < number; i++) {
      if (clients[i].missing > 0) continue;
      if (offload) {
        clients[i].missing = send(clients[i].fd, window_bytes, window * size, 0) > 0 ? window : 0;
        continue;
      }
      for (int j = 0; j < window; j++) parts[j].iov_len = size;
      int sent = sendmmsg(clients[i].fd, messages, window, 0);
      clients[i].missing = sent > 0 ? sent : 0;
    }
    int ready = poll(polls, number, 20);
    for (int i = 0; i < number; i++) {
      if (ready == 0) clients[i].missing = 0;  // lost: so is UDP
      if (!polls[i].revents) continue;
      for (int j = 0; j < window; j++) parts[j].iov_len = sizeof payloads[j];
      int received = recvmmsg(clients[i].fd, messages, window, MSG_DONTWAIT, NULL);
      for (int j = 0; j < received; j++) {
        int datagrams = messages[j].msg_len / size;
        echoed += datagrams;
        clients[i].missing -= datagrams;
      }
    }
  }
  printf("%ld\n", echoed);
  return 0;
}
