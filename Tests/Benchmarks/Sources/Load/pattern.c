#include <stdlib.h>
#include <string.h>

#include "Load.h"

struct pattern make_pattern(const struct settings *settings) {
  size_t size = settings->size, number = 65536 / size;
  if (number < 3) number = 3;
  size_t period = number * size, total = period + most_per_call;
  if (total < period + size * (size_t)settings->depth)
    total = period + size * (size_t)settings->depth;
  char *bytes = malloc(total);
  if (!bytes) fail("no memory");

  uint64_t state = 0x9E3779B97F4A7C15;
  for (size_t i = 0; i < period; i++) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    bytes[i] = (char)(state >> 32);
  }
  if (!strcmp(settings->format, "lines")) {
    for (size_t i = 0; i < period; i++) bytes[i] = (char)('!' + (unsigned char)bytes[i] % 94);
    for (size_t i = size - 1; i < period; i += size) bytes[i] = '\n';
  } else if (!strcmp(settings->format, "frames")) {
    uint32_t length = htonl((uint32_t)size - 4);
    for (size_t i = 0; i < period; i += size) memcpy(bytes + i, &length, 4);
  } else if (strcmp(settings->format, "raw")) {
    fail("messages are raw, lines or frames");
  }
  for (size_t i = period; i < total; i++) bytes[i] = bytes[i - period];
  return (struct pattern){.bytes = bytes, .message = size, .period = period};
}
