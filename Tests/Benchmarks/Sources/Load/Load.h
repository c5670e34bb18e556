// What the parts of the load generator share.

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

// The command line.
struct settings {
  const char *mode;
  int pid, connections, depth;
  size_t size;
  double warm_up, seconds;
  const char *format;
  bool waits;
  union {
    struct sockaddr any;
    struct sockaddr_in ip;
    struct sockaddr_un unix_domain;
  } address;
  socklen_t address_length;
};

// Prints a line to standard error and ends the process: a run that failed has no result.
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

// Nanoseconds of the monotonic clock.
uint64_t now(void);

// The bytes that a connection sends, again and again: ready-made messages, so that sending is one pointer
// and checking is one memcmp. Each connection begins with another message.
struct pattern {
  char *bytes;     // `period` bytes, and as many again as one call moves at most
  size_t message;  // of one message
  size_t period;   // of all of them
};

enum { most_per_call = 256 * 1024 };

struct pattern make_pattern(const struct settings *settings);

// Latencies in nanoseconds: buckets that are linear within each power of two, as in HdrHistogram. A value is
// known to within 0.8 %.
void record(uint64_t nanoseconds);
void forget_latencies(void);
void print_latencies(void);

// What the kernel says about a process.
struct usage {
  uint64_t time;          // when this was read
  uint64_t cpu;           // nanoseconds on a processor, of all its threads, also of those that have ended
  uint64_t user, system;  // the same, sampled, in clock ticks
  int threads;
  struct thread {
    int id;
    uint64_t slept, preempted;  // voluntary context switches, and the others
  } thread[64];
};

struct usage usage_of(int pid);

// How often its threads went to sleep between two moments, and were preempted. What a thread did that has
// ended in between is not known: it counts as one sleep.
struct thread switches_between(const struct usage *before, const struct usage *after);

// Resident memory in bytes, exact.
uint64_t resident_memory(int pid);

// The time in which a run counts: after the warm-up, until the seconds are over. Tells when it is over, and
// counts requests within it, and for itself those outside.
bool window_is_over(const struct settings *settings, uint64_t time);
void count_requests(uint64_t number, uint64_t time);

// Ends the process if a message that has been under way since then should have been back by the end: it is lost.
void check_overdue(const struct settings *settings, uint64_t since);

// Prints the result so far as the beginning of a JSON object, which more fields and a brace may follow.
void print_result(const struct settings *settings);

// Opens a stream to the server: blocking, with Nagle's algorithm off. Spreads the connections over several
// addresses of this machine, each with ports of its own.
int open_stream(const struct settings *settings, int index, int flags);

// Echoes one message on each new connection, in small groups, so that all were accepted when this returns;
// no backlog is too short for it. The connections are made non-blocking.
void open_streams(const struct settings *settings, const struct pattern *pattern, int *fds, int from,
                  int to);

// If asked to: says that all connections are open, waits for a line on standard input, and counts from then on;
// and at the end waits for another one, with the connections still open.
void wait_for_start(const struct settings *settings);
void wait_for_end(const struct settings *settings);

// Where a connection's first message begins in the pattern.
size_t first_message(const struct pattern *pattern, int index);

// The modes.
void run_echo(struct settings *settings);
void run_churn(struct settings *settings);
void run_idle(struct settings *settings);
void run_datagrams(struct settings *settings);
void run_sink(struct settings *settings);
