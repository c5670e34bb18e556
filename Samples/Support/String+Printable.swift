extension String {
  /// As one line of a terminal: without control characters, by which whoever has sent the text could write all
  /// over the screen.
  public var printable: String {
    let scalars = unicodeScalars.map { scalar in
      scalar.properties.generalCategory == .control && scalar != "\t" ? "\u{FFFD}" : scalar
    }
    return String(String.UnicodeScalarView(scalars))
  }
}
