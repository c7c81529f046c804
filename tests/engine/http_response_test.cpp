#include <kingbolt/engine/http_response.hpp>

#include <string>

#include "support/catch.hpp"

using namespace kingbolt;
using engine::accepting;
using engine::answering;
using engine::reason_phrase;
using engine::refusing;
using engine::well_formed;

TEST_CASE("an accepted upgrade says so as in RFC 6455 §1.3") {
    const UpgradeRequest request{{.headers = {{"sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="}}}, {"chat"}};
    const std::string plain =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
    CHECK(accepting(request, UpgradeResponse::accept()) == plain + "\r\n");
    UpgradeResponse response = UpgradeResponse::accept("chat");
    response.headers = {{"X-Served-By", "kingbolt"}, {"connection", "close"}, {"Sec-WebSocket-Protocol", "other"}};
    CHECK(accepting(request, response, "permessage-deflate") ==
          plain + "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Extensions: permessage-deflate\r\nX-Served-By: kingbolt\r\n\r\n");
}

TEST_CASE("a plain response has a type and a length, and announces the end of the connection") {
    const HttpResponse response{.status = 503,
                                .body = "{\"ready\":false}",
                                .content_type = "application/json",
                                .headers = {{"X-A", "b"}, {"content-length", "4"}, {"Transfer-Encoding", "chunked"}}};
    const std::string head =
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nContent-Length: 15\r\n"
        "Connection: close\r\nX-A: b\r\n\r\n";
    CHECK(answering(response, "GET") == head + "{\"ready\":false}");
    CHECK(answering(response, "HEAD") == head);
    CHECK(answering({.status = 204, .body = "lost"}, "GET") == "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
    CHECK(answering({.status = 299}, "GET").starts_with("HTTP/1.1 299 \r\n"));
}

TEST_CASE("a refusal says in its body what was wrong, and which version would have been right") {
    CHECK(refusing(engine::http_refusal::no_key, "GET") ==
          "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 21\r\nConnection: close\r\n\r\n"
          "no Sec-WebSocket-Key\n");
    const std::string version = refusing(engine::http_refusal::upgrade_version, "GET");
    CHECK(version.starts_with("HTTP/1.1 426 Upgrade Required\r\n"));
    CHECK(version.find("\r\nConnection: close, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n") != std::string::npos);
}

TEST_CASE("a response that names a protocol to upgrade to says so in Connection") {
    CHECK(answering({.status = 426, .headers = {{"upgrade", "websocket"}}}, "HEAD").find("\r\nConnection: close, Upgrade\r\n") !=
          std::string::npos);
}

TEST_CASE("every refusal has a reason phrase") {
    for (const unsigned status : {400U, 414U, 426U, 431U, 500U, 505U}) CHECK_FALSE(reason_phrase(status).empty());
    CHECK(reason_phrase(499).empty());
}

TEST_CASE("headers that could split a response are not well-formed") {
    CHECK(well_formed({}));
    CHECK(well_formed({{"X-A", "b"}, {"X-B", ""}, {"X-C", "caf\xC3\xA9\t1"}}));
    CHECK_FALSE(well_formed({{"", "b"}}));
    CHECK_FALSE(well_formed({{"X A", "b"}}));
    CHECK_FALSE(well_formed({{"X-A\r\nX-B", "b"}}));
    CHECK_FALSE(well_formed({{"X-A", "b\r\nSet-Cookie: c"}}));
    CHECK_FALSE(well_formed({{"X-A", "b\n"}}));
    CHECK_FALSE(well_formed({{"X-A", std::string{"\0", 1}}}));
}
