#include <kingbolt/core/http.hpp>

#include "support/catch.hpp"

using namespace kingbolt;

TEST_CASE("a header is found whatever the case of its name") {
    const HttpRequest request{.headers = {{"Host", "example.org"}, {"X-Trace-ID", "7"}}};
    CHECK(request.header("host") == "example.org");
    CHECK(request.header("HOST") == "example.org");
    CHECK(request.header("x-trace-id") == "7");
}

TEST_CASE("only letters are folded: `@` is not a backquote, `[` is not a brace") {
    const HttpRequest request{.headers = {{"x@", "at"}, {"x[", "bracket"}}};
    CHECK(request.header("x`").empty());
    CHECK(request.header("x{").empty());
    CHECK(request.header("X@") == "at");
}

TEST_CASE("of headers with one name the first is given") {
    const HttpRequest request{.headers = {{"Cookie", "a=1"}, {"cookie", "b=2"}}};
    CHECK(request.header("Cookie") == "a=1");
}

TEST_CASE("a header that is missing is empty, and so is one without a value") {
    const HttpRequest request{.headers = {{"Empty", ""}, {"Host", "h"}}};
    CHECK(request.header("Hos").empty());
    CHECK(request.header("Hosts").empty());
    CHECK(request.header("").empty());
    CHECK(request.header("empty").empty());
    CHECK(HttpRequest{}.header("Host").empty());
}

TEST_CASE("the path is the target without its query") {
    CHECK(HttpRequest{.target = "/events?since=4?5"}.path() == "/events");
    CHECK(HttpRequest{.target = "/events"}.path() == "/events");
    CHECK(HttpRequest{.target = "/?"}.path() == "/");
    CHECK(HttpRequest{}.path().empty());
}

TEST_CASE("an upgrade is accepted with 101 and refused with any other status") {
    CHECK(UpgradeResponse{}.accepted());
    CHECK(UpgradeResponse::accept().accepted());
    CHECK(UpgradeResponse::accept("chat").subprotocol == "chat");
    const UpgradeResponse refusal = UpgradeResponse::refuse(403, "not you\n");
    CHECK_FALSE(refusal.accepted());
    CHECK(refusal.status == 403);
    CHECK(refusal.body == "not you\n");
}
