package import NIOCore
package import NIOHTTP1

extension ChannelHandlerContext {
    /// Writes an answer and flushes it. The future is that of its last byte.
    ///
    /// - Parameters:
    ///   - isHead: the request was `HEAD`: the body is told of, and left out.
    ///   - wrap: the handler's own.
    @discardableResult
    package func write(
        _ answer: HTTPAnswer, isHead: Bool, wrap: (HTTPServerResponsePart) -> NIOAny
    ) -> EventLoopFuture<Void> {
        var response = HTTPResponseHead(version: .http1_1, status: answer.status, headers: answer.headers)
        // A 426 names the upgrade in this field as well (RFC 9110 §7.8).
        response.headers.add(name: "connection", value: answer.closes ? "close" : "keep-alive")
        write(wrap(.head(response)), promise: nil)
        if !isHead {
            write(wrap(.body(.byteBuffer(channel.allocator.buffer(bytes: answer.body)))), promise: nil)
        }
        return writeAndFlush(wrap(.end(nil)))
    }
}
