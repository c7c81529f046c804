#include <kingbolt/engine/http_head.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "support/catch.hpp"

using namespace kingbolt;
using engine::HttpHead;
using engine::HttpHeadReader;
using engine::HttpRefusal;

namespace {

struct Read {
    HttpHead head{};
    std::size_t size = 0;
    HttpRefusal refusal{.status = 0};
};

/// As if the bytes came in pieces of `step`.
Read read(std::string_view bytes, std::size_t step) {
    Read result;
    HttpHeadReader reader;
    for (std::size_t arrived = 0; arrived < bytes.size();) {
        arrived = std::min(arrived + step, bytes.size());
        const auto [size, refusal] = reader.read(bytes.substr(0, arrived), result.head);
        if (refusal != nullptr) result.refusal = *refusal;
        result.size = size;
        if (size > 0 || refusal != nullptr) break;
    }
    return result;
}

Read read(std::string_view bytes) {
    Read whole = read(bytes, bytes.size());
    for (const std::size_t step : {1U, 3U}) {
        const Read pieces = read(bytes, step);
        CHECK(pieces.size == whole.size);
        CHECK(pieces.refusal.words == whole.refusal.words);
        CHECK(pieces.head.request.headers == whole.head.request.headers);
    }
    return whole;
}

void is_refused(std::string_view bytes, unsigned status, std::string_view words) {
    CAPTURE(bytes.substr(0, 80));
    const Read result = read(bytes);
    CHECK(result.refusal.status == status);
    CHECK(result.refusal.words == words);
}

void is_accepted(std::string_view bytes) {
    CAPTURE(bytes.substr(0, 80));
    const Read result = read(bytes);
    CHECK(result.refusal.words == std::string_view{});
    CHECK(result.size == bytes.size());
}

std::string with(std::string_view header) { return "GET / HTTP/1.1\r\nHost: here\r\n" + std::string{header} + "\r\n\r\n"; }

}  // namespace

TEST_CASE("a request's head gives its method, its target and its headers, and what follows is left alone") {
    const std::string head =
        "GET /events?since=4 HTTP/1.1\r\nHost: example.org:9002\r\nX-Empty:\r\nx-padded: \t a b\tc \t\r\nX-Obs: \xE9\r\n\r\n";
    const Read result = read(head + "\x81\x80\r\n\r\n", head.size() + 6);
    CHECK(result.size == head.size());
    CHECK(result.refusal.status == 0);
    CHECK(result.head.request.method == "GET");
    CHECK(result.head.request.target == "/events?since=4");
    CHECK_FALSE(result.head.http_1_0);
    CHECK(result.head.request.headers ==
          HttpHeaders{{"Host", "example.org:9002"}, {"X-Empty", ""}, {"x-padded", "a b\tc"}, {"X-Obs", "\xE9"}});
}

TEST_CASE("a target in absolute form is a path, and its authority counts instead of Host") {
    const auto asked = [](std::string target) { return "GET " + std::move(target) + " HTTP/1.1\r\nHost: elsewhere\r\n\r\n"; };
    const auto target_and_host = [&](const std::string& target) {
        const HttpRequest request = read(asked(target)).head.request;
        return request.target + ' ' + std::string{request.header("Host")};
    };
    CHECK(target_and_host("http://here:9002/events?since=4") == "/events?since=4 here:9002");
    CHECK(target_and_host("HTTPS://[::1]/") == "/ [::1]");
    CHECK(target_and_host("http://here") == "/ here");
    CHECK(target_and_host("http://here?since=http://4") == "/?since=http://4 here");
    CHECK(target_and_host("/http://here/") == "/http://here/ elsewhere");
    CHECK(target_and_host("*") == "* elsewhere");
    CHECK(read("GET http://here/ HTTP/1.0\r\n\r\n").head.request.target == "/");
    for (const char* target : {"http://", "http:///path", "http://user@here/", "https://a:b:c/"})
        is_refused(asked(target), 400, "a target with an authority that is no host");
    is_refused("GET http://here/ HTTP/1.1\r\n\r\n", 400, "no Host header");
}

TEST_CASE("nothing is said of a head that is not there in full") {
    const std::string head = with("X-A: b");
    for (std::size_t size = 0; size < head.size(); ++size) {
        const Read result = read(head.substr(0, size), 5);
        CHECK(result.size == 0);
        CHECK(result.refusal.status == 0);
    }
}

TEST_CASE("a request line is a method, a target and a version, one blank between them") {
    const std::string_view words = "a request line that is not HTTP";
    const std::string rest = "\r\nHost: x\r\n\r\n";
    for (const auto* line : {"GET /", "GET  / HTTP/1.1", "GET / HTTP/1.1 ", "GET / x HTTP/1.1", "G(T / HTTP/1.1", "GET\t/ HTTP/1.1",
                             "GET /\x01 HTTP/1.1", "GET /\xC3\xA9 HTTP/1.1", "GET / http/1.1", "GET / HTTP/1.x", "GET / HTTP/11",
                             "GET / HTTP/1.10", "hello", " GET / HTTP/1.1", "GET / HTTP/1.1\r", ""})
        is_refused(line + rest, 400, words);
    is_refused("GET / HTTP/1.1\nHost: x\r\n\r\n", 400, words);
    is_refused("\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", 400, words);
    is_refused("GET / HTTP/2.0" + rest, 505, "an HTTP version other than 1.1");
    is_refused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "an HTTP version other than 1.1");
    is_refused("\x16\x03\x01", 400, "a TLS handshake on a port without TLS");
    is_refused(std::string{"\0", 1}, 400, words);
    is_accepted("OPTIONS * HTTP/1.1" + rest);
}

TEST_CASE("a header has a token for a name, and no control character in its value") {
    const std::string_view words = "a malformed header";
    for (const auto* header : {"no colon here", ": no name", "X A: b", "X-A : b", " folded", "X-A: b\r\n\tfolded", "X-A: b\rX-B: c",
                               "X-A: b\x01", "X-A: b\x7F", "X-A: b\nX-B: c", "\xC3\xA9: b", "X-A: b\r"})
        is_refused(with(header), 400, words);
    is_refused(with(std::string{"X-A: \0", 6}), 400, words);
    is_accepted(with("!#$%&'*+-.^_`|~aZ09: \t"));
}

TEST_CASE("a request names exactly one host; one of HTTP/1.0 need not") {
    is_refused("GET / HTTP/1.1\r\n\r\n", 400, "no Host header");
    is_refused(with("HOST: there"), 400, "more than one Host header");
    for (const auto* host : {"a:b:c", "a b", "a:9x", "[::1", "[::1]9", "[::1/]", "a/b", "a@b", "a#b"})
        is_refused("GET / HTTP/1.1\r\nHost: " + std::string{host} + "\r\n\r\n", 400, "a Host header that is no host");
    for (const auto* host : {"", "a", "a-b.example.org", "127.0.0.1:80", "[::1]", "[fe80::1%25eth0]:9002", "a:", "my_host"})
        is_accepted("GET / HTTP/1.1\r\nHost: " + std::string{host} + "\r\n\r\n");
    is_accepted("GET /healthz HTTP/1.0\r\n\r\n");
    CHECK(read("GET /healthz HTTP/1.0\r\n\r\n").head.http_1_0);
}

TEST_CASE("a request with a body is refused") {
    is_refused(with("Content-Length: 5"), 400, "a request with a body");
    is_refused(with("Transfer-Encoding: chunked"), 400, "a request with a body");
    is_refused(with("Content-Length: 0\r\ncontent-length: 10"), 400, "a request with a body");
    for (const auto* length : {"-1", "+0", "", "0, 0", "0x0"})
        is_refused(with("Content-Length: " + std::string{length}), 400, "a malformed header");
    is_accepted(with("Content-Length: 0"));
}

TEST_CASE("a head has at most 16 KiB and 100 headers") {
    const auto padded = [](std::size_t size) {
        const std::string head = with("X-A: ");
        return with("X-A: " + std::string(size - head.size(), 'a'));
    };
    is_accepted(padded(16'384));
    is_refused(padded(16'385), 431, "headers larger than 16 KiB");
    is_refused(padded(20'000), 431, "headers larger than 16 KiB");
    is_refused("GET /" + std::string(16'400, 'a'), 414, "a request line longer than 16 KiB");
    std::string many;
    for (int i = 0; i < 98; ++i) many += "X: y\r\n";
    is_accepted(with(many + "X: y"));
    is_refused(with(many + "X: y\r\nX: y"), 431, "more than 100 headers");
}
