#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "Load.h"

static uint64_t field(const char *text, const char *name) {
  const char *found = strstr(text, name);
  return found ? strtoull(found + strlen(name), NULL, 10) : 0;
}

static bool read_file(const char *path, char *text, size_t size) {
  FILE *file = fopen(path, "r");
  if (!file) return false;
  text[fread(text, 1, size - 1, file)] = 0;
  fclose(file);
  return true;
}

static void add_usage_of(int pid, struct usage *usage) {
  char path[320], text[4096];
  snprintf(path, sizeof path, "/proc/%d/task", pid);
  DIR *tasks = opendir(path);
  if (!tasks) fail("process %d is gone", pid);
  int most = sizeof usage->thread / sizeof *usage->thread;
  for (struct dirent *task; (task = readdir(tasks)) && usage->threads < most;) {
    if (task->d_name[0] == '.') continue;
    snprintf(path, sizeof path, "/proc/%d/task/%s/status", pid, task->d_name);
    if (!read_file(path, text, sizeof text)) continue;
    struct thread *thread = &usage->thread[usage->threads++];
    thread->id = atoi(task->d_name);
    thread->slept = field(text, "\nvoluntary_ctxt_switches:");
    thread->preempted = field(text, "\nnonvoluntary_ctxt_switches:");
  }
  closedir(tasks);
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  if (read_file(path, text, sizeof text)) {
    unsigned long user = 0, system = 0;
    char *rest = strrchr(text, ')');
    if (rest) sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system);
    usage->user += user;
    usage->system += system;
  }
  // The scheduler's own sum, exact: the same as schedstat's of all threads.
  clockid_t clock;
  struct timespec time;
  if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &time))
    fail("the CPU time of process %d cannot be read", pid);
  usage->cpu += (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
  // The processes that it has started, where a server has one for each connection.
  snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, pid);
  if (!read_file(path, text, sizeof text)) return;
  char *rest = text;
  for (long child; (child = strtol(rest, &rest, 10)) > 0;) add_usage_of((int)child, usage);
}

struct usage usage_of(int pid) {
  struct usage usage = {0};
  add_usage_of(pid, &usage);
  usage.time = now();
  return usage;
}

struct thread switches_between(const struct usage *before, const struct usage *after) {
  struct thread sum = {0};
  for (int i = 0; i < after->threads; i++) {
    sum.slept += after->thread[i].slept;
    sum.preempted += after->thread[i].preempted;
  }
  for (int i = 0; i < before->threads; i++) {
    int j = 0;
    while (j < after->threads && after->thread[j].id != before->thread[i].id) j++;
    if (j == after->threads) {
      sum.slept++;
      continue;
    }
    sum.slept -= before->thread[i].slept;
    sum.preempted -= before->thread[i].preempted;
  }
  return sum;
}

uint64_t resident_memory(int pid) {
  char path[64], text[4096];
  snprintf(path, sizeof path, "/proc/%d/smaps_rollup", pid);
  if (!read_file(path, text, sizeof text)) fail("%s: %s", path, strerror(errno));
  return field(text, "\nRss:") * 1024;
}

static uint64_t begin, counted, counted_ever, last_progress;
static bool is_warm;
static struct usage before, own_before;

bool window_is_over(const struct settings *settings, uint64_t time) {
  if (!begin) begin = last_progress = time;
  if (time - last_progress > 5000000000) fail("nothing came back for five seconds");
  if (!is_warm) {
    if ((double)(time - begin) / 1e9 < settings->warm_up) return false;
    is_warm = true;
    counted = 0;
    forget_latencies();
    own_before = usage_of(getpid());
    before = usage_of(settings->pid);
    return false;
  }
  return (double)(time - before.time) / 1e9 >= settings->seconds;
}

void count_requests(uint64_t number, uint64_t time) {
  counted += number;
  counted_ever += number;
  last_progress = time;
}

void wait_for_start(const struct settings *settings) {
  if (!settings->waits) return;
  puts("ready");
  fflush(stdout);
  if (getchar() == EOF) fail("no line on standard input");
  counted_ever = 0;
}

void wait_for_end(const struct settings *settings) {
  fflush(stdout);
  if (settings->waits) getchar();
}

void check_overdue(const struct settings *settings, uint64_t since) {
  double limit = settings->seconds > 2 ? settings->seconds : 2;
  if ((double)(now() - since) / 1e9 > limit) fail("a message did not come back for %.1f s", limit);
}

void print_result(const struct settings *settings) {
  if (counted == 0) fail("nothing came back");
  // The server answers these too, while this end waits and does not read them.
  int under_way = settings->waits ? settings->connections * settings->depth : 0;
  struct usage after = usage_of(settings->pid), own = usage_of(getpid());
  struct thread switches = switches_between(&before, &after);
  printf("{\"requests\": %llu, \"all_requests\": %llu, \"seconds\": %.6f",
         (unsigned long long)counted, (unsigned long long)(counted_ever + (uint64_t)under_way),
         (double)(after.time - before.time) / 1e9);
  print_latencies();
  printf(", \"cpu_ns\": %llu, \"user_ticks\": %llu, \"system_ticks\": %llu, \"slept\": %llu, "
         "\"preempted\": %llu, \"rss_bytes\": %llu, \"load_busy\": %.3f",
         (unsigned long long)(after.cpu - before.cpu), (unsigned long long)(after.user - before.user),
         (unsigned long long)(after.system - before.system),
         (unsigned long long)switches.slept,
         (unsigned long long)switches.preempted,
         (unsigned long long)resident_memory(settings->pid),
         (double)(own.cpu - own_before.cpu) / (double)(own.time - own_before.time));
}
