import Glibc

/// What the kernel knows of this process.
///
/// The files are kept open, so that looking at them needs no descriptor while descriptors are counted
/// or their numbers matter.
enum ProcessFigures {
  private static let stat = open("/proc/self/stat")
  private static let statm = open("/proc/self/statm")

  /// Opens the files.
  static func warmUp() {
    _ = threads
    _ = residentBytes
  }

  /// The numbers of all open descriptors; without those of the pipes to the symbolizer that a
  /// sanitizer starts when it has something to say, if only that it is to be suppressed.
  static var descriptors: [Int32] {
    let all = entries(of: "/proc/self/fd")
    return isSanitized ? all.filter { !target(of: $0).hasPrefix("pipe:") } : all
  }

  /// The numbers that are the names in a directory, without the descriptor that it takes to look.
  static func entries(of path: String) -> [Int32] {
    guard let directory = unsafe opendir(path) else { return [] }
    defer { unsafe closedir(directory) }
    let own = unsafe dirfd(directory)
    var numbers: [Int32] = []
    while let entry = unsafe readdir(directory) {
      let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if let number = Int32(name), number != own { numbers.append(number) }
    }
    return numbers.sorted()
  }

  /// What a descriptor is open on, as `ls -l /proc/self/fd` shows it.
  static func target(of descriptor: Int32) -> String { target(of: "/proc/self/fd/\(descriptor)") }

  /// The directory of the calling thread, which is gone when that is.
  static var threadDirectory: String { "/proc/" + target(of: "/proc/thread-self") }

  private static func target(of link: String) -> String {
    unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
      guard let start = buffer.baseAddress else { return "" }
      let count = unsafe readlink(link, start, buffer.count)
      let bytes = unsafe buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }
      return String(decoding: bytes, as: UTF8.self)
    }
  }

  /// How many threads there are.
  static var threads: Int {
    // The name, in parentheses, may hold anything; what follows it is numbers (proc(5)).
    let rest = text(of: stat).split(separator: ")").last ?? ""
    let fields = rest.split(separator: " ")
    return fields.count > 17 ? Int(fields[17]) ?? 0 : 0
  }

  /// How much memory is resident, after unused memory was given back.
  static var residentBytes: Int {
    giveBackMemory()
    return residentBytesNow
  }

  /// How much memory is resident.
  static var residentBytesNow: Int {
    let fields = text(of: statm).split(separator: " ")
    return fields.count > 1 ? (Int(fields[1]) ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE))) : 0
  }

  /// C: `malloc_trim(3)`, which the Glibc module lacks.
  private static func giveBackMemory() {
    guard let program = unsafe dlopen(nil, RTLD_NOW) else { return }
    guard let symbol = unsafe dlsym(program, "malloc_trim") else { return }
    typealias Trim = @convention(c) (Int) -> Int32
    // SAFETY: that is its C signature, with a `size_t` that is 0.
    _ = unsafe unsafeBitCast(symbol, to: Trim.self)(0)
  }

  /// The processor time that the process has used so far, without that of the watchdog.
  static var processorTime: Duration { time(of: CLOCK_PROCESS_CPUTIME_ID) - Watchdog.processorTime }

  /// The processor time that the calling thread has used so far.
  static var threadTime: Duration { time(of: CLOCK_THREAD_CPUTIME_ID) }

  private static func time(of clock: clockid_t) -> Duration {
    var time = timespec()
    unsafe clock_gettime(clock, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }

  /// How many processors it may run on.
  static var processors: Int { Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

  /// Whether a sanitizer is linked in: everything then takes longer and more memory.
  static let isSanitized: Bool = {
    let names = ["__tsan_init", "__asan_init"]
    guard let program = unsafe dlopen(nil, RTLD_NOW) else { return false }
    return names.contains { unsafe dlsym(program, $0) != nil }
  }()

  private static func open(_ path: String) -> Int32 {
    unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC)
  }

  private static func text(of file: Int32) -> String {
    unsafe withUnsafeTemporaryAllocation(byteCount: 1024, alignment: 1) { buffer in
      let count = unsafe pread(file, buffer.baseAddress, buffer.count, 0)
      return unsafe String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    }
  }
}
