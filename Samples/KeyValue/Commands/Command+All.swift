extension Command {
  /// The commands that there are.
  static let all = [
    // Strings.
    Command("get", 2, .read { try $0.get($1, &$2) }),
    Command("set", -3, .add { try $0.set($1, &$2) }),
    Command("mget", -2, .read { $0.getMany($1, &$2) }),
    Command("mset", -3, .add { try $0.setMany($1, &$2) }),
    Command("incr", 2, .add { try $0.add(1, $1, &$2) }),
    Command("decr", 2, .add { try $0.add(-1, $1, &$2) }),
    Command("incrby", 3, .add { try $0.add(1, $1, &$2) }),
    Command("decrby", 3, .add { try $0.add(-1, $1, &$2) }),
    // Lists.
    Command("lpush", -3, .add { try $0.push(.left, $1, &$2) }),
    Command("rpush", -3, .add { try $0.push(.right, $1, &$2) }),
    Command("lpop", -2, .write { try $0.pop(.left, $1, &$2) }),
    Command("rpop", -2, .write { try $0.pop(.right, $1, &$2) }),
    Command("lrange", 4, .read { try $0.range($1, &$2) }),
    Command("llen", 2, .read { try $0.length($1, &$2) }),
    // Hashes.
    Command("hset", -4, .add { try $0.setFields($1, &$2) }),
    Command("hget", 3, .read { try $0.getField($1, &$2) }),
    Command("hdel", -3, .write { try $0.removeFields($1, &$2) }),
    Command("hgetall", 2, .read { try $0.getAllFields($1, &$2) }),
    Command("hlen", 2, .read { try $0.countFields($1, &$2) }),
    // Keys.
    Command("del", -2, .write { $0.delete($1, &$2) }),
    Command("exists", -2, .read { $0.exists($1, &$2) }),
    Command("type", 2, .read { $0.type($1, &$2) }),
    Command("keys", 2, .read { try $0.keys($1, &$2) }),
    Command("scan", -2, .read { try $0.scan($1, &$2) }),
    Command("dbsize", 1, .read { $2.integer($0.places.count) }),
    Command("flushall", -1, .write { $0.removeAll($1, &$2) }),
    Command("expire", 3, .write { try $0.expire("expire", .seconds, $1, &$2) }),
    Command("pexpire", 3, .write { try $0.expire("pexpire", .milliseconds, $1, &$2) }),
    Command("expireat", 3, .write { try $0.expire("expireat", .unixSeconds, $1, &$2) }),
    Command("pexpireat", 3, .write { try $0.expire("pexpireat", .unixMilliseconds, $1, &$2) }),
    Command("ttl", 2, .read { $0.timeToLive(1000, $1, &$2) }),
    Command("pttl", 2, .read { $0.timeToLive(1, $1, &$2) }),
    Command("persist", 2, .write { $0.persist($1, &$2) }),
    // The client and its connection.
    Command("ping", -1, .subscriber { try $0.ping($1, &$2) }),
    Command("echo", 2, .session { $2.reply.bulk($1[1]) }),
    Command("hello", -1, .session { try $0.hello($1, &$2) }),
    Command("client", -2, .session { try $0.client($1, &$2) }),
    Command("select", 2, .session { try $0.select($1, &$2) }),
    Command("quit", -1, .subscriber { $0.quit($1, &$2) }),
    // The server.
    Command("info", -1, .session { $0.info($1, &$2) }),
    Command("config", -2, .session { try $0.config($1, &$2) }),
    Command("command", -1, .session { try $0.command($1, &$2) }),
    Command("shutdown", -1, .session { $2.end = .shutdown }),
    // Messages.
    Command("publish", 3, .session { try $0.publish($1, &$2) }),
    Command("subscribe", -2, .subscriber { try $0.subscribe(.channel, $1, &$2) }),
    Command("psubscribe", -2, .subscriber { try $0.subscribe(.pattern, $1, &$2) }),
    Command("unsubscribe", -1, .subscriber { $0.unsubscribe(.channel, $1, &$2) }),
    Command("punsubscribe", -1, .subscriber { $0.unsubscribe(.pattern, $1, &$2) }),
  ]
}
