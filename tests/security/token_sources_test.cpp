#include <kingbolt/security/token_sources.hpp>

#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"

using namespace kingbolt;

namespace {

using Strings = std::vector<std::string>;

const TokenSources all{.cookie = "session", .query = true};

UpgradeRequest request(HttpHeaders headers, std::string target = "/events") {
    UpgradeRequest made;
    made.method = "GET";
    made.target = std::move(target);
    made.headers = std::move(headers);
    return made;
}

std::string found(const TokenSources& sources, const HttpRequest& request) {
    const TokenSources::Presented presented = sources.find(request);
    if (!presented.token) return "none";
    return (presented.ambiguous ? "several: " : "") + std::string{*presented.token};
}

}  // namespace

TEST_CASE("a bearer token is found in Authorization, whose scheme has no case") {
    for (const std::string value : {"Bearer t", "bearer t", "BEARER   t", "Bearer\tt  "})
        CHECK(found({}, request({{"authorization", value}})) == "t");
    for (const std::string value : {"Basic dTpw", "Bearert", "", "Bear", "Negotiate Bearer t"})
        CHECK(found({}, request({{"Authorization", value}})) == "none");
    CHECK(found({}, request({{"Authorization", "Bearer"}})).empty());
    CHECK(found({.authorization = false}, request({{"Authorization", "Bearer t"}})) == "none");
}

TEST_CASE("a bearer token is found among the subprotocols") {
    CHECK(found({}, request({{"Sec-WebSocket-Protocol", "app.v1, bearer.a.b.c"}})) == "a.b.c");
    CHECK(found({}, request({{"Sec-WebSocket-Protocol", "app.v1"}, {"sec-websocket-protocol", "bearer.t"}})) == "t");
    CHECK(found({}, request({{"Sec-WebSocket-Protocol", "bearer, bearerx.t, Bearer.t"}})) == "none");
    CHECK(found({.subprotocol = false}, request({{"Sec-WebSocket-Protocol", "bearer.t"}})) == "none");
}

TEST_CASE("a cookie is looked at when it is named, and a query when that is switched on") {
    const UpgradeRequest cookie = request({{"Cookie", "a=1; session=t ;session2=x; b"}});
    CHECK(found({}, cookie) == "none");
    CHECK(found({.cookie = "session"}, cookie) == "t");
    CHECK(found({.cookie = "Session"}, cookie) == "none");
    const UpgradeRequest query = request({}, "/events?since=4&access_token=t&access_tokens=x");
    CHECK(found({}, query) == "none");
    CHECK(found({.query = true}, query) == "t");
    CHECK(found({.query = true}, request({}, "/access_token=t")) == "none");
}

TEST_CASE("the same token in several places is one, and different tokens are several, wherever they are") {
    CHECK(found(all, request({{"Authorization", "Bearer t"}, {"Sec-WebSocket-Protocol", "bearer.t"}, {"Cookie", "session=t"}},
                             "/?access_token=t")) == "t");
    CHECK(found(all, request({{"Authorization", "Bearer t"}}, "/?access_token=u")) == "several: t");
    CHECK(found(all, request({{"Authorization", "Bearer t"}, {"Authorization", "Bearer u"}})) == "several: t");
    CHECK(found(all, request({{"Sec-WebSocket-Protocol", "bearer.t, bearer.u"}})) == "several: t");
    CHECK(found(all, request({{"Cookie", "session=t; session=u"}})) == "several: t");
    CHECK(found(all, request({}, "/?access_token=t&access_token=")) == "several: t");
    CHECK(found(all, request({{"Cookie", "session=u"}, {"Sec-WebSocket-Protocol", "bearer.t"}})) == "several: t");
}

TEST_CASE("redaction leaves no trace of a token, and everything else as it was") {
    UpgradeRequest shown = request({{"Host", "here"},
                                    {"AUTHORIZATION", "Bearer SECRET"},
                                    {"Sec-WebSocket-Protocol", "bearer.SECRET"},
                                    {"sec-websocket-protocol", "app.v1, bearer.SECRET ,app.v2"},
                                    {"Cookie", "a=1; session=SECRET; b=2; session=SECRET"}},
                                   "/events?access_token=SECRET&since=4&access_token=SECRET");
    shown.subprotocols = {"bearer.SECRET", "app.v1", "bearer.SECRET", "app.v2"};
    all.redact(shown);
    CHECK(shown.subprotocols == Strings{"app.v1", "app.v2"});
    CHECK(shown.target == "/events?access_token=redacted&since=4&access_token=redacted");
    CHECK(shown.headers ==
          HttpHeaders{{"Host", "here"}, {"sec-websocket-protocol", "app.v1, app.v2"}, {"Cookie", "a=1; session=; b=2; session="}});
}

TEST_CASE("what is not looked at is redacted all the same, but for cookies, of which only the named one is a token") {
    UpgradeRequest shown =
        request({{"Authorization", "Basic dTpw"}, {"Sec-WebSocket-Protocol", "bearer.t"}, {"Cookie", "session=t"}}, "/?access_token=t");
    shown.subprotocols = {"bearer.t"};
    TokenSources{.authorization = false, .subprotocol = false}.redact(shown);
    CHECK(shown.headers == HttpHeaders{{"Cookie", "session=t"}});
    CHECK(shown.subprotocols.empty());
    CHECK(shown.target == "/?access_token=redacted");
}

TEST_CASE("a request without tokens is redacted to itself") {
    for (const std::string target : {"/", "/events?", "/a?b=c&d", "/?=&&=", ""}) {
        UpgradeRequest shown = request({{"Host", "here"}, {"Cookie", "=; ;a"}, {"Sec-WebSocket-Protocol", "app.v1"}}, target);
        const HttpHeaders headers = shown.headers;
        all.redact(shown);
        CHECK(shown.target == target);
        CHECK(shown.headers == headers);
    }
}

TEST_CASE("a cookie's name is a token") {
    for (const std::string name : {"a b", "a=b", "a;", "\"a\""}) CHECK_THROWS_AS(TokenSources{.cookie = name}.validate(), InvalidOption);
    CHECK_NOTHROW(all.validate());
}
