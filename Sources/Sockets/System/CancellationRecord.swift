#if compiler(<6.4)
  /// A handler that the current task's cancellation calls, from ``add(_:)`` to ``remove()``.
  ///
  /// What `withTaskCancellationHandler` is made of: that is an async function, with a closure for its operation and a look
  /// for the task's executor on the way in and out, a thousand instructions in all. These are plain calls, of the
  /// runtime's own functions, which are part of its ABI.
  @safe
  struct CancellationRecord {
    /// `nil` if the task was cancelled already.
    private let record: UnsafeRawPointer?

    /// Puts the record into the task, and calls the handler at once if that is cancelled already.
    ///
    /// - Parameter handler: The handler; to be kept alive by the caller until ``remove()``, as a parameter of the function
    ///   that calls both is. It may be called on any thread.
    /// - Returns: The record, to be removed before the caller returns.
    @inline(__always)
    static func add(_ handler: @Sendable () -> Void) -> CancellationRecord {
      unsafe CancellationRecord(record: addCancellationHandler(handler))
    }

    /// Takes the record out, once a call of the handler that is under way has returned.
    ///
    /// Its memory is the task's, which is a stack, and the runtime takes out the record that was put in last: whatever
    /// async functions were called since `add` must have returned.
    @inline(__always)
    func remove() { unsafe removeCancellationHandler(record) }
  }

  @_silgen_name("csockets_add_cancellation_handler")
  private func addCancellationHandler(_ handler: () -> Void) -> UnsafeRawPointer?

  @_silgen_name("csockets_remove_cancellation_handler")
  private func removeCancellationHandler(_ record: UnsafeRawPointer?)
#endif
