import Testing

/// Tests that need a provider's server: TLS and HTTP/2 at both ends.
///
/// One after the other: in the run of all tests the machine's two cores are to be there for others, too, whose time counts.
@Suite(.serialized) enum ProviderTests {}
