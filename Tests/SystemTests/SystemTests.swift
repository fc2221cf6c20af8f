import Testing

/// Black-box tests: they start the built binary, speak to it over real sockets, and kill it.
///
/// One after the other: each has processes of its own, and those are to get the machine's two cores.
@Suite(.serialized, .timeLimit(.minutes(5))) enum SystemTests {}
