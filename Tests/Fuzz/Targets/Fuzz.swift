import Glibc

/// What one input is fed to, named by the variable `FUZZ_TARGET`.
private let target: @Sendable ([UInt8]) -> Void = {
  let name = unsafe getenv("FUZZ_TARGET").map { unsafe String(cString: $0) } ?? ""
  guard let target = targets[name] else { fatalError("FUZZ_TARGET=\(name) is no target") }
  return target
}()

private let targets: [String: @Sendable ([UInt8]) -> Void] = [
  "ip-text": fuzzIPText, "endpoint": fuzzEndpoint, "unix-text": fuzzUnixText,
  "kernel-address": fuzzKernelAddress, "control": fuzzControl, "rights": fuzzRights,
  "proxy": fuzzProxy, "framing": fuzzFraming,
  "http": fuzzHTTP, "http-body": fuzzHTTPBody, "resp": fuzzRESP,
]

/// What libFuzzer calls with each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  // SAFETY: libFuzzer lends so many bytes for the time of the call.
  unsafe target(Array(UnsafeBufferPointer(start: start, count: count)))
  return 0
}

/// A property that every input must have: what does not hold is a crash, which libFuzzer keeps.
func require(_ condition: Bool, _ what: @autoclosure () -> String) {
  if !condition { fatalError("Failed: \(what())") }
}
