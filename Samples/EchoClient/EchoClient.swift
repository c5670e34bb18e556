import SampleSupport

@main
struct EchoClient {
  static func main() async { await Program.run(usage: "usage: EchoClient HOST PORT") { _ in } }
}
