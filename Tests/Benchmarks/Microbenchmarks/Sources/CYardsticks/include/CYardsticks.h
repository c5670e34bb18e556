#pragma once

#include <stddef.h>

/// Sends one byte through a socket pair and receives it, `count` times, on one thread that waits with epoll
/// each time as a reactor does: edge-triggered, both sockets registered once.
///
/// Returns 0, or -1 if a call failed.
int yardstick_messages(int count);

/// Sends one byte to and fro between two threads, `count` messages in all. Each waits with an epoll of its own.
///
/// Returns 0, or -1 if a call failed.
int yardstick_messages_between_threads(int count);

/// memmem(3), which Swift does not see: it is GNU's.
const void *yardstick_find(const void *bytes, size_t count, const void *sequence, size_t length);
