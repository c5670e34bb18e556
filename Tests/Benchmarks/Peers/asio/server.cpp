// Boost.Asio: a coroutine for each connection, on one thread.

#include <utility>  // Boost 1.74 needs it and does not include it

#include <boost/asio.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

namespace asio = boost::asio;
using asio::awaitable;
using asio::buffer;
using asio::use_awaitable;
using asio::ip::tcp;
using asio::ip::udp;
using local = asio::local::stream_protocol;
using namespace std::chrono_literals;

constexpr std::size_t chunk = 16384, bulk = 65536, clients = 1000;

// All on the thread of one context, and without the locks that several would need.
static asio::io_context context{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE};

template <std::size_t size, typename Socket>
awaitable<void> echo(Socket socket) {
  std::array<char, size> bytes;
  while (true) {
    auto count = co_await socket.async_read_some(buffer(bytes), use_awaitable);
    co_await async_write(socket, buffer(bytes, count), use_awaitable);
  }
}

static awaitable<void> echo_later(tcp::socket socket) {
  std::array<char, chunk> bytes;
  asio::steady_timer timer(context);
  while (true) {
    auto count = co_await socket.async_read_some(buffer(bytes), use_awaitable);
    timer.expires_after(1ms);
    co_await timer.async_wait(use_awaitable);
    co_await async_write(socket, buffer(bytes, count), use_awaitable);
  }
}

// The timer's handler closes the socket, unless the timer was set anew: a timer for each read.
static awaitable<void> echo_with_deadline(tcp::socket socket) {
  std::array<char, chunk> bytes;
  asio::steady_timer timer(context);
  while (true) {
    timer.expires_after(30s);
    timer.async_wait([&socket](boost::system::error_code error) {
      if (!error) socket.close();
    });
    auto count = co_await socket.async_read_some(buffer(bytes), use_awaitable);
    co_await async_write(socket, buffer(bytes, count), use_awaitable);
  }
}

static awaitable<void> echo_lines(tcp::socket socket) {
  std::string bytes;
  while (true) {
    auto count =
        co_await async_read_until(socket, asio::dynamic_buffer(bytes), '\n', use_awaitable);
    co_await async_write(socket, buffer(bytes, count), use_awaitable);
    bytes.erase(0, count);
  }
}

static awaitable<void> echo_frames(tcp::socket socket) {
  std::string bytes;
  auto dynamic = asio::dynamic_buffer(bytes);
  while (true) {
    if (bytes.size() < 4)
      co_await async_read(socket, dynamic, asio::transfer_at_least(4 - bytes.size()), use_awaitable);
    std::size_t length = 0;
    for (int i = 0; i < 4; i++) length = length << 8 | static_cast<unsigned char>(bytes[i]);
    length += 4;
    if (bytes.size() < length)
      co_await async_read(
          socket, dynamic, asio::transfer_at_least(length - bytes.size()), use_awaitable);
    co_await async_write(socket, buffer(bytes, length), use_awaitable);
    bytes.erase(0, length);
  }
}

static void spawn(awaitable<void> handler) {
  co_spawn(context, std::move(handler), [](std::exception_ptr failure) {
    try {
      if (failure) std::rethrow_exception(failure);
    } catch (const boost::system::system_error &error) {
      if (error.code() != asio::error::eof) std::cerr << error.what() << std::endl;
    }
  });
}

// The sockets end with the second of the two that pass bytes between them.
static awaitable<void> pass(std::shared_ptr<tcp::socket> from, std::shared_ptr<tcp::socket> to) {
  std::array<char, bulk> bytes;
  boost::system::error_code end;
  while (true) {
    auto count = co_await from->async_read_some(
        buffer(bytes), asio::redirect_error(use_awaitable, end));
    if (end) break;
    co_await async_write(*to, buffer(bytes, count), use_awaitable);
  }
  to->shutdown(tcp::socket::shutdown_send, end);
}

static awaitable<void> relay(tcp::socket socket, unsigned short port) {
  auto client = std::make_shared<tcp::socket>(std::move(socket));
  auto server = std::make_shared<tcp::socket>(context);
  co_await server->async_connect({asio::ip::address_v4::loopback(), port}, use_awaitable);
  server->set_option(tcp::no_delay(true));
  spawn(pass(client, server));
  spawn(pass(server, client));
}

static awaitable<void> handle(const std::string &mode, unsigned short port, tcp::socket socket) {
  if (mode == "lines") return echo_lines(std::move(socket));
  if (mode == "frames") return echo_frames(std::move(socket));
  if (mode == "timer") return echo_later(std::move(socket));
  if (mode == "deadline") return echo_with_deadline(std::move(socket));
  if (mode == "relay") return relay(std::move(socket), port);
  if (mode == "bulk") return echo<bulk>(std::move(socket));
  return echo<chunk>(std::move(socket));
}

static awaitable<void> serve(std::string mode, unsigned short port) {
  tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), 0});
  std::cout << "ready " << acceptor.local_endpoint().port() << std::endl;
  while (true) {
    auto socket = co_await acceptor.async_accept(use_awaitable);
    socket.set_option(tcp::no_delay(true));
    spawn(handle(mode, port, std::move(socket)));
  }
}

static awaitable<void> serve_path(std::string path) {
  local::acceptor acceptor(context, path);
  std::cout << "ready" << std::endl;
  while (true) spawn(echo<chunk>(co_await acceptor.async_accept(use_awaitable)));
}

static awaitable<void> serve_datagrams() {
  udp::socket socket(context, {asio::ip::address_v4::loopback(), 0});
  std::cout << "ready " << socket.local_endpoint().port() << std::endl;
  std::vector<char> bytes(65536);
  udp::endpoint sender;
  while (true) {
    auto count = co_await socket.async_receive_from(buffer(bytes), sender, use_awaitable);
    co_await socket.async_send_to(buffer(bytes, count), sender, use_awaitable);
  }
}

static awaitable<void> connect(unsigned short port) {
  std::array<char, 64> message, echoed;
  for (std::size_t i = 0; i < message.size(); i++) message[i] = static_cast<char>('a' + i % 26);
  while (true) {
    tcp::socket socket(context);
    co_await socket.async_connect({asio::ip::address_v4::loopback(), port}, use_awaitable);
    socket.set_option(tcp::no_delay(true));
    co_await async_write(socket, buffer(message), use_awaitable);
    co_await async_read(socket, buffer(echoed), use_awaitable);
    if (message != echoed) std::abort();
  }
}

int main(int count, char **words) {
  std::string mode = count > 1 ? words[1] : "", argument = count > 2 ? words[2] : "";
  auto port = static_cast<unsigned short>(std::atoi(argument.c_str()));
  if (mode == "unix") {
    spawn(serve_path(argument));
  } else if (mode == "udp") {
    spawn(serve_datagrams());
  } else if (mode == "client") {
    std::cout << "ready" << std::endl;
    for (std::size_t i = 0; i < clients; i++) spawn(connect(port));
  } else {
    spawn(serve(mode, port));
  }
  context.run();
}
