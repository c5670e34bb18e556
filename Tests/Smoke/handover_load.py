"""Asks a server again and again while it is replaced, and counts what goes wrong.

    handover_load.py PORT

Half of its threads open a connection for each request, the others keep theirs for as long as they may.
Prints "warm" after the first hundred answers. Ends when its input ends, and prints how many requests there
were, how many of them failed, and how many processes have answered.
"""

import http.client
import sys
import threading

PORT = int(sys.argv[1])
stop = threading.Event()
lock = threading.Lock()
answers, failures, processes = 0, [], set()


def ask(connection):
    connection.request("GET", "/")
    response = connection.getresponse()
    body = response.read()
    assert response.status == 200 and body.endswith(b"\n"), (response.status, body)
    return int(body), response.getheader("Connection") == "close"


def client(keeps):
    global answers
    connection = None
    while not stop.is_set():
        try:
            connection = connection or http.client.HTTPConnection("127.0.0.1", PORT, timeout=20)
            process, is_last = ask(connection)
            if is_last or not keeps:
                connection.close()
                connection = None
            with lock:
                answers += 1
                processes.add(process)
                if answers == 100:
                    print("warm", flush=True)
        except Exception as error:
            with lock:
                failures.append(repr(error))
            connection = None


threads = [threading.Thread(target=client, args=(number % 2 == 0,)) for number in range(8)]
for thread in threads:
    thread.start()
sys.stdin.read()
stop.set()
for thread in threads:
    thread.join()
print(answers, len(failures), len(processes))
for failure in failures[:10]:
    print(failure, file=sys.stderr)
