#define _GNU_SOURCE
#include "CYardsticks.h"

#include <string.h>

const void *yardstick_find(const void *bytes, size_t count, const void *sequence, size_t length) {
    return memmem(bytes, count, sequence, length);
}
