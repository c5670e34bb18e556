// A load for echo servers: one thread, epoll, every byte checked. See usage below.

#define _GNU_SOURCE
#include <errno.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "Load.h"

static const char usage[] =
    "usage: Load MODE [options]\n"
    "\n"
    "  echo        each connection sends messages, and the next one for each that came back whole\n"
    "  churn       connect, one message, its echo, close; again\n"
    "  idle        connections that echo once and then rest: their memory, and the server's wake-ups\n"
    "  datagrams   UDP: each socket sends DEPTH datagrams, and again when they are back\n"
    "  sink        echoes for a client under test; prints its port, then reads the client's pid\n"
    "\n"
    "  --pid PID          the process under test\n"
    "  --port PORT        where it listens on 127.0.0.1\n"
    "  --unix PATH        where it listens instead\n"
    "  --connections N    connections at a time                            (50)\n"
    "  --size BYTES       of a message                                     (64)\n"
    "  --depth N          messages under way in each connection            (1)\n"
    "  --format FORMAT    messages are raw, lines or frames                (raw)\n"
    "  --wait yes         echo: open all connections, print \"ready\", and wait for a\n"
    "                     line before the run and another one after it\n"
    "  --warm-up SECONDS  before counting                                  (0.5)\n"
    "  --seconds SECONDS  of counting                                      (2)\n"
    "\n"
    "Prints one JSON object. Exits with 1 and a line on standard error if a byte is wrong, the server\n"
    "closes a connection, or nothing comes back for five seconds.\n";

_Noreturn void fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vfprintf(stderr, format, arguments);
  va_end(arguments);
  fputc('\n', stderr);
  exit(1);
}

uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

int open_stream(const struct settings *settings, int index, int flags) {
  int fd = socket(settings->address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | flags, 0), on = 1;
  if (fd < 0) fail("socket: %s", strerror(errno));
  if (settings->address.any.sa_family == AF_INET) {
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    // The port is chosen by connect, which knows the other end and so has all ports of the pair.
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    struct sockaddr_in source = {.sin_family = AF_INET};
    source.sin_addr.s_addr = htonl(INADDR_LOOPBACK + (uint32_t)(index % 16));
    if (bind(fd, (struct sockaddr *)&source, sizeof source)) fail("bind: %s", strerror(errno));
  }
  if (connect(fd, &settings->address.any, settings->address_length) && errno != EINPROGRESS)
    fail("connect: %s", strerror(errno));
  return fd;
}

static void parse(int count, char **words, struct settings *settings) {
  settings->address.ip.sin_family = AF_INET;
  settings->address.ip.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  settings->address_length = sizeof settings->address.ip;
  for (int i = 2; i < count; i += 2) {
    const char *option = words[i], *value = words[i + 1];
    if (!value) fail("%s needs a value\n\n%s", option, usage);
    if (!strcmp(option, "--pid")) {
      settings->pid = atoi(value);
    } else if (!strcmp(option, "--port")) {
      settings->address.ip.sin_port = htons((uint16_t)atoi(value));
    } else if (!strcmp(option, "--unix")) {
      struct sockaddr_un *address = &settings->address.unix_domain;
      *address = (struct sockaddr_un){.sun_family = AF_UNIX};
      if (strlen(value) >= sizeof address->sun_path) fail("a path too long: %s", value);
      strcpy(address->sun_path, value);
      settings->address_length = sizeof *address;
    } else if (!strcmp(option, "--connections")) {
      settings->connections = atoi(value);
    } else if (!strcmp(option, "--size")) {
      settings->size = (size_t)atol(value);
    } else if (!strcmp(option, "--depth")) {
      settings->depth = atoi(value);
    } else if (!strcmp(option, "--format")) {
      settings->format = value;
    } else if (!strcmp(option, "--wait")) {
      settings->waits = !strcmp(value, "yes");
    } else if (!strcmp(option, "--warm-up")) {
      settings->warm_up = atof(value);
    } else if (!strcmp(option, "--seconds")) {
      settings->seconds = atof(value);
    } else {
      fail("unknown option %s\n\n%s", option, usage);
    }
  }
  if (settings->connections < 1 || settings->size < 8 || settings->depth < 1)
    fail("at least one connection, 8 bytes, and a depth of 1");
}

int main(int count, char **words) {
  if (count > 1 && !strcmp(words[1], "--help")) {
    fputs(usage, stdout);
    return 0;
  }
  static const struct {
    const char *name;
    void (*run)(struct settings *);
  } modes[] = {{"echo", run_echo},
               {"churn", run_churn},
               {"idle", run_idle},
               {"datagrams", run_datagrams},
               {"sink", run_sink}};
  struct settings settings = {
      .connections = 50, .size = 64, .depth = 1, .format = "raw", .warm_up = 0.5, .seconds = 2};
  for (size_t i = 0; count > 1 && i < sizeof modes / sizeof *modes; i++) {
    if (strcmp(words[1], modes[i].name)) continue;
    parse(count, words, &settings);
    struct rlimit descriptors;
    getrlimit(RLIMIT_NOFILE, &descriptors);
    descriptors.rlim_cur = descriptors.rlim_max;
    setrlimit(RLIMIT_NOFILE, &descriptors);
    modes[i].run(&settings);
    return 0;
  }
  fputs(usage, stderr);
  return 64;
}
