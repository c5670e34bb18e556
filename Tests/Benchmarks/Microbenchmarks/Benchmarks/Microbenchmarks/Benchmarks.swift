import Benchmark

/// What the harness registers, a family of benchmarks after the other; the part of a name before the colon is its
/// family's.
let benchmarks: @Sendable () -> Void = {
  measureResuming()
  measureResumingBetweenThreads()
  measureMessages()
  measureTimers()
  measureDeadlines()
  measureStates()
  measureWaiters()
  measureReading()
  measurePrinting()
  measureDecoding()
  measureFrames()
  measureBuffers()
}
