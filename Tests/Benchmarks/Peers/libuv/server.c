// libuv: callbacks on one loop.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum { chunk = 64 * 1024, clients = 1000, size = 64, pause_ms = 1, limit_ms = 30000 };

static uv_loop_t *loop;
static enum { echo, lines, frames, timer, deadline, relay } mode;
static struct sockaddr_in target;

static void check(int result, const char *what) {
  if (result >= 0) return;
  fprintf(stderr, "%s: %s\n", what, uv_strerror(result));
  exit(1);
}

static void *allocate(size_t bytes) {
  void *memory = malloc(bytes);
  if (!memory) abort();
  return memory;
}

// A connection, with what its mode needs.
struct connection {
  union {
    uv_stream_t stream;
    uv_tcp_t tcp;
    uv_pipe_t unix_domain;
  };
  uv_timer_t timer;
  int handles;  // that are not closed yet
  char *held;   // an unfinished message, or the answer that waits for the timer
  size_t count;
  struct connection *peer;
};

static void on_closed(uv_handle_t *handle) {
  struct connection *connection = handle->data;
  if (--connection->handles) return;
  free(connection->held);
  free(connection);
}

static void close_connection(struct connection *connection) {
  if (uv_is_closing((uv_handle_t *)&connection->stream)) return;
  struct connection *peer = connection->peer;
  if (mode == timer || mode == deadline) uv_close((uv_handle_t *)&connection->timer, on_closed);
  uv_close((uv_handle_t *)&connection->stream, on_closed);
  if (!peer) return;
  connection->peer = peer->peer = NULL;
  close_connection(peer);
}

struct pending {
  uv_write_t request;
  char bytes[];
};

static void start_reading(struct connection *);

static void on_written(uv_write_t *request, int status) {
  struct connection *connection = request->handle->data;
  free(request);
  if (status < 0) {
    close_connection(connection);
  } else if (connection->peer) {
    // All is written: its source may go on.
    if (uv_stream_get_write_queue_size(&connection->stream) == 0) start_reading(connection->peer);
  }
}

// Tries first, and queues what does not fit. Returns whether all is written.
static int reply(struct connection *connection, const char *bytes, size_t count) {
  uv_buf_t buffer = uv_buf_init((char *)bytes, (unsigned)count);
  int sent = uv_stream_get_write_queue_size(&connection->stream)
                 ? 0
                 : uv_try_write(&connection->stream, &buffer, 1);
  if (sent == UV_EAGAIN) sent = 0;
  if (sent < 0) {
    close_connection(connection);
    return 1;
  }
  if ((size_t)sent == count) return 1;
  struct pending *pending = allocate(sizeof *pending + count - (size_t)sent);
  memcpy(pending->bytes, bytes + sent, count - (size_t)sent);
  buffer = uv_buf_init(pending->bytes, (unsigned)(count - (size_t)sent));
  if (uv_write(&pending->request, &connection->stream, &buffer, 1, on_written) < 0)
    close_connection(connection);
  return 0;
}

static void on_pause_over(uv_timer_t *handle) {
  struct connection *connection = handle->data;
  char *answer = connection->held;
  connection->held = NULL;
  reply(connection, answer, connection->count);
  free(answer);
}

static void on_limit(uv_timer_t *handle) { close_connection(handle->data); }

// The length of the first message, or 0 while it is incomplete.
static size_t message_length(const char *bytes, size_t count) {
  if (mode == lines) {
    const char *end = memchr(bytes, '\n', count);
    return end ? (size_t)(end - bytes) + 1 : 0;
  }
  if (count < 4) return 0;
  const unsigned char *header = (const unsigned char *)bytes;
  size_t length = 4 + ((size_t)header[0] << 24 | header[1] << 16 | header[2] << 8 | header[3]);
  return length <= count ? length : 0;
}

static void take_messages(struct connection *connection, const char *bytes, size_t count) {
  char *joined = NULL;
  if (connection->held) {
    joined = realloc(connection->held, connection->count + count);
    if (!joined) abort();
    memcpy(joined + connection->count, bytes, count);
    bytes = joined;
    count += connection->count;
    connection->held = NULL;
  }
  for (size_t length; (length = message_length(bytes, count)); bytes += length, count -= length)
    reply(connection, bytes, length);
  if (count) {
    connection->held = memcpy(allocate(count), bytes, count);
    connection->count = count;
  }
  free(joined);
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer) {
  (void)handle, (void)suggested;
  // One for all: a read's bytes are used up before the next.
  static char bytes[chunk];
  *buffer = uv_buf_init(bytes, sizeof bytes);
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer) {
  struct connection *connection = stream->data;
  if (count < 0) close_connection(connection);
  if (count <= 0) return;
  switch (mode) {
    case lines:
    case frames:
      take_messages(connection, buffer->base, (size_t)count);
      break;
    case timer:
      connection->held = memcpy(allocate((size_t)count), buffer->base, (size_t)count);
      connection->count = (size_t)count;
      uv_timer_start(&connection->timer, on_pause_over, pause_ms, 0);
      break;
    case relay:
      if (!reply(connection->peer, buffer->base, (size_t)count)) uv_read_stop(stream);
      break;
    case deadline:
      uv_timer_again(&connection->timer);
      reply(connection, buffer->base, (size_t)count);
      break;
    case echo:
      reply(connection, buffer->base, (size_t)count);
  }
}

static void start_reading(struct connection *connection) {
  uv_read_start(&connection->stream, on_room, on_read);
}

static struct connection *make_connection(int is_unix) {
  struct connection *connection = calloc(1, sizeof *connection);
  if (!connection) abort();
  if (is_unix) {
    uv_pipe_init(loop, &connection->unix_domain, 0);
  } else {
    uv_tcp_init(loop, &connection->tcp);
  }
  connection->stream.data = connection;
  connection->handles = 1;
  return connection;
}

static void on_target(uv_connect_t *request, int status) {
  struct connection *server = request->data;
  free(request);
  if (!server->peer) return;  // the client is gone
  if (status < 0) {
    close_connection(server);
    return;
  }
  start_reading(server);
  start_reading(server->peer);
}

static void on_connection(uv_stream_t *listener, int status) {
  check(status, "accept");
  int is_unix = listener->type == UV_NAMED_PIPE;
  struct connection *connection = make_connection(is_unix);
  check(uv_accept(listener, &connection->stream), "accept");
  if (!is_unix) uv_tcp_nodelay(&connection->tcp, 1);
  if (mode == timer || mode == deadline) {
    uv_timer_init(loop, &connection->timer);
    connection->timer.data = connection;
    connection->handles++;
    if (mode == deadline) uv_timer_start(&connection->timer, on_limit, limit_ms, limit_ms);
  }
  if (mode != relay) {
    start_reading(connection);
    return;
  }
  struct connection *server = make_connection(0);
  uv_tcp_nodelay(&server->tcp, 1);
  connection->peer = server;
  server->peer = connection;
  uv_connect_t *request = allocate(sizeof *request);
  request->data = server;
  check(uv_tcp_connect(request, &server->tcp, (struct sockaddr *)&target, on_target), "connect");
}

static void listen_on_loopback(void) {
  static uv_tcp_t listener;
  struct sockaddr_in address;
  int length = sizeof address;
  uv_tcp_init(loop, &listener);
  uv_ip4_addr("127.0.0.1", 0, &address);
  check(uv_tcp_bind(&listener, (struct sockaddr *)&address, 0), "bind");
  check(uv_listen((uv_stream_t *)&listener, 4096, on_connection), "listen");
  uv_tcp_getsockname(&listener, (struct sockaddr *)&address, &length);
  printf("ready %d\n", ntohs(address.sin_port));
}

static void listen_on_path(const char *path) {
  static uv_pipe_t listener;
  uv_pipe_init(loop, &listener, 0);
  check(uv_pipe_bind(&listener, path), "bind");
  check(uv_listen((uv_stream_t *)&listener, 4096, on_connection), "listen");
  puts("ready");
}

// Datagrams.

static void on_datagram_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer) {
  (void)suggested;
  // With recvmmsg, libuv divides the memory into pieces of 64 KiB, one for each datagram.
  static char bytes[20 * 65536];
  int batch = uv_udp_using_recvmmsg((uv_udp_t *)handle);
  *buffer = uv_buf_init(bytes, batch ? sizeof bytes : 65536);
}

struct reply {
  uv_udp_send_t request;
  char bytes[];
};

static void on_sent(uv_udp_send_t *request, int status) {
  (void)status;  // what cannot be sent is lost: so is UDP
  free(request);
}

static void on_datagram(uv_udp_t *socket, ssize_t count, const uv_buf_t *buffer,
                        const struct sockaddr *sender, unsigned flags) {
  if (count <= 0 || !sender) return;
  if (!(flags & UV_UDP_MMSG_CHUNK)) {
    uv_buf_t answer = uv_buf_init(buffer->base, (unsigned)count);
    uv_udp_try_send(socket, &answer, 1, sender);
    return;
  }
  // Queued, so that libuv sends many with one sendmmsg.
  struct reply *reply = allocate(sizeof *reply + (size_t)count);
  memcpy(reply->bytes, buffer->base, (size_t)count);
  uv_buf_t answer = uv_buf_init(reply->bytes, (unsigned)count);
  check(uv_udp_send(&reply->request, socket, &answer, 1, sender, on_sent), "send");
}

static void serve_datagrams(int in_batches) {
  static uv_udp_t socket;
  struct sockaddr_in address;
  int length = sizeof address;
  check(uv_udp_init_ex(loop, &socket, AF_INET | (in_batches ? UV_UDP_RECVMMSG : 0)), "socket");
  uv_ip4_addr("127.0.0.1", 0, &address);
  check(uv_udp_bind(&socket, (struct sockaddr *)&address, 0), "bind");
  check(uv_udp_recv_start(&socket, on_datagram_room, on_datagram), "receive");
  uv_udp_getsockname(&socket, (struct sockaddr *)&address, &length);
  printf("ready %d\n", ntohs(address.sin_port));
}

// Clients.

static char message[size];

struct client {
  uv_tcp_t tcp;
  uv_connect_t connect;
  size_t received;
};

static void begin(uv_handle_t *handle);

static void on_echo(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer) {
  struct client *client = stream->data;
  check((int)count, "read");
  if (client->received + (size_t)count > size ||
      memcmp(buffer->base, message + client->received, (size_t)count))
    check(UV_EPROTO, "a wrong byte");
  client->received += (size_t)count;
  if (client->received == size) uv_close((uv_handle_t *)stream, begin);
}

static void on_connected(uv_connect_t *request, int status) {
  check(status, "connect");
  uv_buf_t buffer = uv_buf_init(message, size);
  check(uv_try_write(request->handle, &buffer, 1) - size, "write");
  uv_read_start(request->handle, on_room, on_echo);
}

static void begin(uv_handle_t *handle) {
  struct client *client = handle->data;
  uv_tcp_init(loop, &client->tcp);
  client->tcp.data = client;
  client->received = 0;
  uv_tcp_nodelay(&client->tcp, 1);
  check(uv_tcp_connect(&client->connect, &client->tcp, (struct sockaddr *)&target, on_connected),
        "connect");
}

static void connect_clients(void) {
  static struct client all[clients];
  for (int i = 0; i < size; i++) message[i] = (char)('a' + i % 26);
  puts("ready");
  fflush(stdout);
  for (int i = 0; i < clients; i++) {
    all[i].tcp.data = &all[i];
    begin((uv_handle_t *)&all[i].tcp);
  }
}

int main(int count, char **words) {
  const char *name = count > 1 ? words[1] : "", *argument = count > 2 ? words[2] : "0";
  static const char *const names[] = {"echo", "lines", "frames", "timer", "deadline", "relay"};
  loop = uv_default_loop();
  uv_ip4_addr("127.0.0.1", atoi(argument), &target);
  if (!strcmp(name, "unix")) {
    listen_on_path(argument);
  } else if (!strcmp(name, "udp") || !strcmp(name, "udp-batch")) {
    serve_datagrams(!strcmp(name, "udp-batch"));
  } else if (!strcmp(name, "client")) {
    connect_clients();
  } else {
    // Reads are of 64 KiB in any mode.
    if (!strcmp(name, "bulk")) name = "echo";
    while (mode <= relay && strcmp(name, names[mode])) mode++;
    if (mode > relay) return 64;
    listen_on_loopback();
  }
  fflush(stdout);
  return uv_run(loop, UV_RUN_DEFAULT);
}
