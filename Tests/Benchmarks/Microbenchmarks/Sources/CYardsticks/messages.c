#define _GNU_SOURCE
#include "CYardsticks.h"

#include <pthread.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/// One end of a socket pair, and the epoll that watches it.
struct end {
    int socket, epoll;
    /// How many messages this end receives and sends.
    int count;
};

static bool watch(int epoll, int socket) {
    struct epoll_event event = {.events = EPOLLIN | EPOLLET};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event) == 0;
}

static bool send_byte(int socket) {
    char byte = 1;
    return send(socket, &byte, 1, MSG_NOSIGNAL) == 1;
}

static bool receive_byte(int epoll, int socket) {
    struct epoll_event events[4];
    char byte;
    return epoll_wait(epoll, events, 4, -1) > 0 && recv(socket, &byte, 1, 0) == 1;
}

int yardstick_messages(int count) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) < 0) return -1;
    int epoll = epoll_create1(0);
    bool fine = watch(epoll, pair[0]) && watch(epoll, pair[1]);
    for (int i = 0; fine && i < count; ++i) {
        fine = send_byte(pair[i % 2]) && receive_byte(epoll, pair[1 - i % 2]);
    }
    close(epoll);
    close(pair[0]);
    close(pair[1]);
    return fine ? 0 : -1;
}

/// Answers each message with one: the body of the second thread.
static void *answer(void *context) {
    struct end *end = context;
    bool fine = true;
    for (int i = 0; fine && i < end->count; ++i) {
        fine = receive_byte(end->epoll, end->socket) && send_byte(end->socket);
    }
    // The other thread waits for an answer that will not come: the end of the stream wakes it.
    if (!fine) shutdown(end->socket, SHUT_RDWR);
    return NULL;
}

int yardstick_messages_between_threads(int count) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) < 0) return -1;
    struct end here = {pair[0], epoll_create1(0), count / 2}, there = {pair[1], epoll_create1(0), count / 2};
    bool fine = watch(here.epoll, here.socket) && watch(there.epoll, there.socket);
    pthread_t thread;
    fine = fine && pthread_create(&thread, NULL, answer, &there) == 0;
    if (fine) {
        for (int i = 0; fine && i < here.count; ++i) {
            fine = send_byte(here.socket) && receive_byte(here.epoll, here.socket);
        }
        if (!fine) shutdown(here.socket, SHUT_RDWR);
        pthread_join(thread, NULL);
    }
    close(here.epoll);
    close(there.epoll);
    close(pair[0]);
    close(pair[1]);
    return fine ? 0 : -1;
}
