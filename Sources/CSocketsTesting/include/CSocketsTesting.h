// What a simulated network needs and Swift cannot say: a time of a thread's own, and a lock to wait on.

#ifndef CSOCKETSTESTING_H
#define CSOCKETSTESTING_H

#include <stdint.h>

// Makes clock_gettime tell the calling thread this time from now on: so many nanoseconds after an instant that is the
// same in each run. It stands still between two calls of this function. Negative for the real time.
//
// It is so for the clocks behind ContinuousClock and SuspendingClock, and for CLOCK_REALTIME; CPU clocks stay real.
void csocketstesting_set_time(int64_t nanoseconds);

// Has a function called on the calling thread as soon as that looks at a clock, once: for a test in which something has to
// come between two instructions.
void csocketstesting_at_next_look(void (*function)(void *), void *context);

// A lock and a condition to wait for; NULL if there is no memory.
struct csocketstesting_monitor;
struct csocketstesting_monitor *csocketstesting_monitor_create(void);
void csocketstesting_monitor_destroy(struct csocketstesting_monitor *monitor);
void csocketstesting_monitor_lock(struct csocketstesting_monitor *monitor);
void csocketstesting_monitor_unlock(struct csocketstesting_monitor *monitor);

// Waits until somebody notifies; the lock is held before and after.
void csocketstesting_monitor_wait(struct csocketstesting_monitor *monitor);
void csocketstesting_monitor_notify(struct csocketstesting_monitor *monitor);

#endif
