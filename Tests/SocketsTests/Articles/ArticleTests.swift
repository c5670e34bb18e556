import Testing

/// The articles of the documentation, and the tests that run their snippets.
@Suite struct ArticleTests {
  /// Each article, the file with its snippets, and how many there are.
  static let articles = [
    ("Sockets", "Articles/LandingPageTests", 2),
    ("Performance", "Articles/PerformanceTests", 3),
    ("Security", "Articles/SecurityTests", 1),
    ("Testing", "../SocketsTestingTests/TestingTests", 9),
    ("BehindInfrastructure", "BehindInfrastructureTests", 7),
    ("ServingInProduction", "Serving/ServingInProductionTests", 6),
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
