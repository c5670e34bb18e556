/// What a Unix-domain listener does when something already has its path.
public enum ExistingPath: Sendable {
  /// It fails, and nothing is touched.
  case fail

  /// It replaces the file of a dead socket, and fails if it is anything else.
  ///
  /// Dead means: it is a socket, and no process has a socket bound to it any more. A server that is
  /// bound and does not listen yet is alive, and so is one whose queue is full. The look and the
  /// replacement happen under a lock on the directory, `flock(2)`, so that of several servers started
  /// at once one wins and the others fail. The directory must be readable for that.
  case replaceStale
}
