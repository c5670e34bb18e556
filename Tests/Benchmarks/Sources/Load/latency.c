#include <stdio.h>
#include <string.h>

#include "Load.h"

enum { bits = 7, steps = 1 << bits, octaves = 40 - bits };

static uint64_t buckets[steps * (octaves + 1)], recorded, total, longest, shortest = UINT64_MAX;

void record(uint64_t value) {
  recorded++;
  total += value;
  if (value > longest) longest = value;
  if (value < shortest) shortest = value;
  // Below 128 each value has its own bucket; above, its seven highest bits choose it.
  int shift = value < steps ? 0 : 63 - bits - __builtin_clzll(value);
  size_t bucket = (size_t)shift * steps + (size_t)(value >> shift);
  size_t last = sizeof buckets / sizeof *buckets - 1;
  buckets[bucket < last ? bucket : last]++;
}

void forget_latencies(void) {
  memset(buckets, 0, sizeof buckets);
  recorded = total = longest = 0;
  shortest = UINT64_MAX;
}

// The middle of a bucket's values.
static double value_of(size_t bucket) {
  if (bucket < 2 * steps) return (double)bucket;
  int shift = (int)(bucket / steps) - 1;
  uint64_t first = (uint64_t)(bucket % steps + steps) << shift;
  return (double)first + (double)((1ull << shift) - 1) / 2;
}

static double percentile(double part) {
  uint64_t rank = (uint64_t)(part / 100 * (double)recorded + 0.5), seen = 0;
  if (rank < 1) rank = 1;
  if (rank >= recorded) return (double)longest;
  for (size_t i = 0; i < sizeof buckets / sizeof *buckets; i++)
    if ((seen += buckets[i]) >= rank) return value_of(i);
  return (double)longest;
}

void print_latencies(void) {
  static const double parts[] = {1,    5,    10,    20,   30,   40,   50,    60,     70,   75,
                                 80,   85,   90,    92.5, 95,   97.5, 98,    99,     99.5, 99.75,
                                 99.9, 99.95, 99.975, 99.99, 99.995, 99.999};
  if (recorded == 0) return;
  printf(", \"latency_us\": {\"mean\": %.2f, \"min\": %.2f, \"max\": %.2f, \"percentiles\": [",
         (double)total / (double)recorded / 1e3, (double)shortest / 1e3, (double)longest / 1e3);
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    // No percentile that fewer than ten requests decide.
    if ((100 - parts[i]) / 100 * (double)recorded < 10) break;
    printf("%s[%g, %.2f]", i ? ", " : "", parts[i], percentile(parts[i]) / 1e3);
  }
  printf("]}");
}
