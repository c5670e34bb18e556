public import Sockets

/// The links between hosts, and what happens to them; all of it at any time.
///
/// From within the run, that is, from its one thread: a closure that changes a link is called without a lock, so of
/// changes by other threads at once, or by the closure itself, one can be lost.
extension SimulatedNetwork {
  /// Changes all links: those that there are, and all to come.
  ///
  /// - Parameter change: The change of each.
  public func links(_ change: (inout Link) -> Void) {
    // Outside of the lock: it is the caller's code.
    var (common, links) = kernel.monitor.locked { (kernel.fabric.common, kernel.fabric.links) }
    for route in links.keys { change(&links[route, default: common]) }
    change(&common)
    changeFabric { ($0.common, $0.links) = (common, links) }
  }

  /// Changes one direction between two hosts.
  ///
  /// - Parameters:
  ///   - source: The host that sends.
  ///   - target: The host that receives.
  ///   - change: The change.
  public func link(
    from source: IPAddress,
    to target: IPAddress,
    _ change: (inout Link) -> Void
  ) {
    let route = Fabric.Route(from: source.unmapped, to: target.unmapped)
    var link = kernel.monitor.locked { kernel.fabric[route] }
    change(&link)
    changeFabric { $0.links[route] = link }
  }

  /// Changes both directions between two hosts.
  ///
  /// - Parameters:
  ///   - first: One of them.
  ///   - second: The other one.
  ///   - change: The change of each direction.
  public func link(
    between first: IPAddress,
    and second: IPAddress,
    _ change: (inout Link) -> Void
  ) {
    link(from: first, to: second, change)
    link(from: second, to: first, change)
  }

  /// Cuts hosts off from others, in both directions: see ``Link/isPartitioned``.
  ///
  /// - Parameters:
  ///   - hosts: The ones.
  ///   - others: The others.
  public func partition(_ hosts: [IPAddress], from others: [IPAddress]) {
    for host in hosts {
      for other in others { link(between: host, and: other) { $0.isPartitioned = true } }
    }
  }

  /// Cuts two hosts off from each other.
  ///
  /// - Parameters:
  ///   - first: One of them.
  ///   - second: The other one.
  public func partition(_ first: IPAddress, _ second: IPAddress) {
    partition([first], from: [second])
  }

  /// Makes all links whole: nothing is partitioned any more, and streams go on.
  public func heal() { links { $0.isPartitioned = false } }

  /// Resets all TCP connections between two hosts, at both ends.
  ///
  /// - Parameters:
  ///   - first: One of them.
  ///   - second: The other one.
  public func reset(_ first: IPAddress, _ second: IPAddress) {
    let route = Fabric.Route(from: first.unmapped, to: second.unmapped)
    kernel.monitor.locked {
      for end in kernel.allEnds where end.route == route || end.route == route.reversed {
        end.reset()
      }
    }
  }

  /// Lets a host crash: nothing comes from it or to it any more, and its TCP connections are gone there.
  ///
  /// Its own sockets fail with `connectionAborted`. The other ends notice nothing until they time out; once the host
  /// is back, what they send is answered with a reset. What the program runs for the host goes on, and has to be
  /// cancelled by the test.
  ///
  /// - Parameter host: The host.
  public func crash(_ host: IPAddress) {
    let host = host.unmapped
    changeFabric { $0.down.insert(host) }
    kernel.monitor.locked {
      for end in kernel.allEnds where end.route?.from == host { end.crash() }
    }
  }

  /// Brings a crashed host back.
  ///
  /// - Parameter host: The host.
  public func restart(_ host: IPAddress) {
    changeFabric { $0.down.remove(host.unmapped) }
  }

  /// Changes something about the links, and sends what waited for that.
  private func changeFabric(_ change: (inout Fabric) -> Void) {
    kernel.monitor.locked {
      change(&kernel.fabric)
      for end in kernel.allEnds { end.linkHasChanged() }
    }
  }
}
