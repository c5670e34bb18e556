"""A server of the samples, started and stopped."""

import signal
import subprocess
import tempfile

from programs import PATIENCE, Failure, text, wait_until


class SampleServer:
    """A running server of the samples, on a free port."""

    def __init__(self, program, *words):
        self.out = tempfile.TemporaryFile()
        self.err = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [program, "--port", "0", *words], stdin=subprocess.DEVNULL, stdout=self.out, stderr=self.err
        )
        wait_until("the server", lambda: "listening on" in self.text(self.out) or self.process.poll() is not None)
        ready = [line for line in self.text(self.out).splitlines() if line.startswith("listening on ")]
        if not ready:
            raise Failure(f"the server has not started: {self.text(self.err)}")
        self.port = int(ready[0].rpartition(":")[2])

    text = staticmethod(text)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self, number=signal.SIGTERM, code=0):
        if number:
            self.process.send_signal(number)
        found = self.process.wait(PATIENCE)
        expect("the exit code", found, code)


def expect(what, found, wanted):
    if found != wanted:
        raise Failure(f"{what}: {found!r}, not {wanted!r}")
