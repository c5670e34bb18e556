import Testing

/// The articles of the documentation, and the tests that run their snippets.
///
/// Those of GettingStarted are a package, which Tests/Smoke/getting-started.sh makes and runs.
@Suite struct ArticleTests {
  /// Each article, the file with its snippets, and how many there are.
  static let articles = [
    ("Sockets", "Articles/LandingPageTests", 2),
    ("HowItWorks", "Articles/HowItWorksTests", 3),
    ("CancellationAndDeadlines", "Articles/CancellationAndDeadlinesTests", 10),
    ("StreamsAndFraming", "Articles/StreamsAndFramingTests", 11),
    ("WorkingWithDatagrams", "Articles/WorkingWithDatagramsTests", 9),
    ("UnixSocketsAndDescriptors", "Articles/UnixSocketsAndDescriptorsTests", 9),
    ("NamesAndHappyEyeballs", "Articles/NamesAndHappyEyeballsTests", 11),
    ("Performance", "Articles/PerformanceTests", 3),
    ("Security", "Articles/SecurityTests", 1),
    ("Testing", "../SocketsTestingTests/TestingTests", 9),
    ("BehindInfrastructure", "BehindInfrastructureTests", 7),
    ("ServingInProduction", "Serving/ServingInProductionTests", 6),
    ("ComingFromSwiftNIO", "Articles/ComingFrom/ComingFromSwiftNIOTests", 2),
    ("ComingFromFlyingFox", "Articles/ComingFrom/ComingFromFlyingFoxTests", 2),
    ("ComingFromNetworkFramework", "Articles/ComingFrom/ComingFromNetworkFrameworkTests", 2),
    ("ComingFromGo", "Articles/ComingFrom/ComingFromGoTests", 2),
    ("ComingFromTokio", "Articles/ComingFrom/ComingFromTokioTests", 2),
    ("ComingFromTrio", "Articles/ComingFrom/ComingFromTrioTests", 2),
  ]

  @Test(arguments: articles)
  func `every snippet of an article is in the file that runs it`(
    article: String,
    file: String,
    count: Int
  ) throws {
    let found = try ArticleSnippets.missing(of: article, in: "Tests/SocketsTests/\(file).swift")
    #expect(found.missing == [])
    #expect(found.count == count)
  }
}
