// Connections that echo one message and then rest. Their memory is the difference between a tenth of them
// and all of them, so that what the server needs for itself does not count.

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "Load.h"

static void rest(double seconds) { usleep((useconds_t)(seconds * 1e6)); }

void run_idle(struct settings *settings) {
  struct pattern pattern = make_pattern(settings);
  int all = settings->connections, few = all / 10;
  int *fds = calloc((size_t)all, sizeof *fds);
  if (!fds) fail("no memory");

  open_streams(settings, &pattern, fds, 0, few);
  rest(settings->warm_up);
  uint64_t at_first = resident_memory(settings->pid);
  open_streams(settings, &pattern, fds, few, all);
  rest(settings->warm_up);
  uint64_t at_last = resident_memory(settings->pid);

  struct usage before = usage_of(settings->pid);
  rest(settings->seconds);
  struct usage after = usage_of(settings->pid);
  printf("{\"bytes_per_connection\": %.1f, \"rss_bytes\": %llu, \"seconds\": %.6f, \"cpu_ns\": %llu, "
         "\"wake_ups\": %llu}\n",
         ((double)at_last - (double)at_first) / (all - few), (unsigned long long)at_last,
         (double)(after.time - before.time) / 1e9, (unsigned long long)(after.cpu - before.cpu),
         (unsigned long long)switches_between(&before, &after).slept);
}
