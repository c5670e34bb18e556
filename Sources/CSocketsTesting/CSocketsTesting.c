#define _GNU_SOURCE  // RTLD_NEXT, syscall

#include "CSocketsTesting.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

// Where a thread's own time begins: later than any machine that runs has been up, so that no instant of the real
// clock lies behind it.
#define STEADY_ORIGIN INT64_C(1000000000)
// The same on the calendar: 2026-01-01, 00:00 UTC.
#define CALENDAR_ORIGIN INT64_C(1767225600)

static _Thread_local int64_t own_time = -1;

void csocketstesting_set_time(int64_t nanoseconds) { own_time = nanoseconds; }

static _Thread_local struct {
  void (*function)(void *);
  void *context;
} next_look;

void csocketstesting_at_next_look(void (*function)(void *), void *context) {
  next_look.function = function;
  next_look.context = context;
}

typedef int clock_function(clockid_t, struct timespec *);

// The C library's clock_gettime; its own system call where there is none to be found, as in a static program.
__attribute__((no_sanitize("thread", "address"))) static int real_time(clockid_t clock, struct timespec *time) {
  static _Atomic(clock_function *) found;
  clock_function *function = atomic_load_explicit(&found, memory_order_relaxed);
  if (!function) {
    function = (clock_function *)dlsym(RTLD_NEXT, "clock_gettime");
    if (!function) return (int)syscall(SYS_clock_gettime, clock, time);
    atomic_store_explicit(&found, function, memory_order_relaxed);
  }
  return function(clock, time);
}

// The program's own clock_gettime: the dynamic linker, and the static one, take this one in place of the C
// library's, in Swift's runtime as well.
__attribute__((no_sanitize("thread", "address"))) int clock_gettime(clockid_t clock, struct timespec *time) {
  if (next_look.function) {
    void (*function)(void *) = next_look.function;
    next_look.function = NULL;
    function(next_look.context);
  }
  int64_t now = own_time;
  if (now < 0) return real_time(clock, time);
  int64_t origin;
  switch (clock) {
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME:
      origin = STEADY_ORIGIN;
      break;
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
      origin = CALENDAR_ORIGIN;
      break;
    default:
      return real_time(clock, time);
  }
  time->tv_sec = origin + now / 1000000000;
  time->tv_nsec = now % 1000000000;
  return 0;
}

struct csocketstesting_monitor {
  pthread_mutex_t mutex;
  pthread_cond_t condition;
};

struct csocketstesting_monitor *csocketstesting_monitor_create(void) {
  struct csocketstesting_monitor *monitor = malloc(sizeof *monitor);
  if (!monitor) return NULL;
  pthread_mutex_init(&monitor->mutex, NULL);
  pthread_cond_init(&monitor->condition, NULL);
  return monitor;
}

void csocketstesting_monitor_destroy(struct csocketstesting_monitor *monitor) {
  pthread_cond_destroy(&monitor->condition);
  pthread_mutex_destroy(&monitor->mutex);
  free(monitor);
}

void csocketstesting_monitor_lock(struct csocketstesting_monitor *monitor) { pthread_mutex_lock(&monitor->mutex); }

void csocketstesting_monitor_unlock(struct csocketstesting_monitor *monitor) { pthread_mutex_unlock(&monitor->mutex); }

void csocketstesting_monitor_wait(struct csocketstesting_monitor *monitor) {
  pthread_cond_wait(&monitor->condition, &monitor->mutex);
}

void csocketstesting_monitor_notify(struct csocketstesting_monitor *monitor) {
  pthread_cond_broadcast(&monitor->condition);
}
