/// What is told of the sockets of the process, and of its reactors: for logs and metrics.
///
/// ```swift
/// final class Log: SocketObserver {
///   func observe(_ event: SocketEvent) { print(event) }
/// }
///
/// try Reactor.addObserver(Log())
/// ```
///
/// The article <doc:Observability> has observers for swift-log and swift-metrics.
///
/// Without any observer, an event costs a look at one number, and reads and writes cost nothing.
public protocol SocketObserver: AnyObject, Sendable {
  /// Takes note of an event.
  ///
  /// Called at once, by whichever thread has brought the event about: that of a reactor, of Swift's task
  /// pool, or of the program. So it must be quick, and must not block: the sockets of a reactor wait
  /// meanwhile. Calls may come at the same time from several threads. The events of one socket come in
  /// order, its ``SocketEvent/opened(_:)`` first and its ``SocketEvent/closed(_:_:)`` last.
  ///
  /// - Parameter event: The event.
  func observe(_ event: SocketEvent)

  /// How long a reactor may be held up by one turn of its tasks before the observer wants to be told,
  /// at least a millisecond; `nil`, the default, for not at all.
  ///
  /// Asked once, when the observer is added. A thread of its own then looks at the reactors four times as
  /// often as that; the reactors themselves do nothing for it.
  var stallThreshold: Duration? { get }
}

extension SocketObserver {
  /// Not at all.
  public var stallThreshold: Duration? { nil }
}

extension Reactor {
  /// Has an observer told of all sockets of this process, whatever their reactor, from now on.
  ///
  /// Before the first socket is the best time: of sockets that are there already the observer is told no
  /// more than the close. (``snapshot()`` tells of those.) It is kept until ``removeObserver(_:)``. There may
  /// be several; adding one again changes nothing.
  ///
  /// - Parameter observer: The observer.
  /// - Throws: ``SocketError`` if the kernel refuses the thread that an observer with a
  ///   ``SocketObserver/stallThreshold`` needs; it is not added then.
  public static func addObserver(_ observer: any SocketObserver) throws {
    do throws(Errno) {
      try Observers.add(observer)
    } catch {
      throw SocketError(error.code, operation: .reactor, errno: error.rawValue)
    }
  }

  /// Tells an observer no more.
  ///
  /// Another thread may be about to tell it something at this moment, and does so still.
  ///
  /// - Parameter observer: The observer; one that was not added is ignored.
  public static func removeObserver(_ observer: any SocketObserver) { Observers.remove(observer) }
}
