extension SocketSnapshot: CustomStringConvertible {
  /// A table of all sockets, and a line for each reactor.
  ///
  /// Some milliseconds of work for a thousand sockets: on a thread that may be held up for so long.
  public var description: String {
    var lines = [summary]
    for reactor in reactors {
      let counts = reactor.statistics
      lines.append(
        "\(reactor.name): descriptors \(counts.registrations), "
          + "suspended readers \(counts.parkedReaders), suspended writers \(counts.parkedWriters), "
          + "deadlines \(counts.timers)"
      )
    }
    var table = TextTable(columns: [
      .right("ID"), .left("KIND"), .left("LOCAL"), .left("REMOTE"), .left("REACTOR"), .right("AGE"),
      .right("READ"), .right("WRITTEN"), .right("RECV-Q"), .right("SEND-Q"), .left("WAITING"),
      .left("STATE"),
    ])
    for socket in sockets { table.append(socket.cells) }
    lines.append("")
    lines.append(table.description)
    return lines.joined(separator: "\n")
  }

  private var summary: String {
    let counts = SocketIdentity.Kind.allCases.compactMap { kind -> String? in
      let count = sockets.count { $0.identity.kind == kind }
      return count == 0 ? nil : "\(count) \(kind.rawValue)\(count == 1 ? "" : "s")"
    }
    let total = "\(sockets.count) socket\(sockets.count == 1 ? "" : "s")"
    let place = "\(reactors.count) reactor\(reactors.count == 1 ? "" : "s")"
    let list = counts.isEmpty ? "" : ": " + counts.joined(separator: ", ")
    return "\(total) on \(place)\(list)"
  }
}

extension SocketSnapshot.Entry: CustomStringConvertible {
  /// One line: the socket's line of the table, not aligned.
  public var description: String { cells.filter { !$0.isEmpty }.joined(separator: "  ") }

  /// What the columns of the table hold.
  fileprivate var cells: [String] {
    [
      "\(id)", identity.kind.rawValue, text(identity.localAddress), text(identity.remoteAddress),
      reactor, age.brief, "\(bytesRead)", "\(bytesWritten)", text(receiveQueue), text(sendQueue),
      waiting, state,
    ]
  }

  private func text(_ value: (some CustomStringConvertible)?) -> String {
    value.map(\.description) ?? ""
  }

  private func text(_ address: (any TransportAddress)?) -> String {
    address.map(\.description) ?? ""
  }

  private var waiting: String {
    let isListener = identity.kind.isListener
    let isStream = identity.kind.isConnection
    let reads = isListener ? "accept" : isStream ? "read" : "receive"
    let isConnecting = tcpInfo?.state == .synSent
    let writes = isConnecting ? "connect" : isStream ? "write" : "send"
    return [(reading, queuedReads, reads), (writing, queuedWrites, writes)].compactMap {
      activity,
      queued,
      name in
      guard activity == .suspended || queued > 0 else { return nil }
      return queued == 0 ? name : "\(name) +\(queued)"
    }.joined(separator: ", ")
  }

  private var state: String {
    if let acceptQueue, let backlog { return "\(acceptQueue) of \(backlog) queued" }
    if let droppedDatagrams { return droppedDatagrams == 0 ? "" : "\(droppedDatagrams) dropped" }
    guard let tcpInfo else { return "" }
    var text = "\(tcpInfo.state), rtt \(tcpInfo.roundTripTime.milliseconds)"
    if tcpInfo.totalRetransmits > 0 { text += ", \(tcpInfo.totalRetransmits) segments sent again" }
    return text
  }
}

extension Duration {
  /// In the largest unit that it has, and the next one.
  fileprivate var brief: String {
    let seconds = max(0, components.seconds)
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400)
    if minutes == 0 { return "\(seconds) s" }
    if hours == 0 { return "\(minutes) min \(seconds % 60) s" }
    return days == 0 ? "\(hours) h \(minutes % 60) min" : "\(days) d \(hours % 24) h"
  }

  /// In milliseconds, to the hundredth.
  fileprivate var milliseconds: String {
    let hundredths = self / .microseconds(10)
    guard hundredths < 1e15 else { return "more than 10000000000 s" }
    let count = Int(hundredths)
    let rest = count % 100
    return "\(count / 100).\(rest < 10 ? "0" : "")\(rest) ms"
  }
}
