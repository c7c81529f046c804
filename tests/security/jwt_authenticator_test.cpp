#include <kingbolt/security/jwt.hpp>

#include <chrono>
#include <fstream>
#include <string>
#include <string_view>

#include "support/temporary_folder.hpp"
#include "tokens.hpp"

using namespace kingbolt;
using namespace kingbolt::test;
using namespace std::chrono_literals;

namespace {

JwtOptions at_noon() {
    return {.realm = "events", .clock = [] { return noon; }};
}
JwtAuthenticator<KeySet> authenticator(JwtOptions options = at_noon()) {
    return {std::move(options), KeySet{{key_for(JwtAlgorithm::hs256)}}};
}

const std::string good = token(JwtAlgorithm::hs256, R"({"alg":"HS256"})", plain_claims);

HttpRequest showing(std::string_view token) {
    return {.method = "GET", .target = "/", .headers = {{"Authorization", "Bearer " + std::string{token}}}};
}

}  // namespace

TEST_CASE("a good token lets its bearer in, for as long as it is good") {
    const Authentication answer = authenticator().authenticate(showing(good));
    REQUIRE(answer);
    CHECK(answer.identity->subject == "anna");
    CHECK(answer.expires_in == 60s);
    CHECK(answer.presented);
}

TEST_CASE("without a token the client is asked for one") {
    const Authentication answer = authenticator().authenticate(HttpRequest{.method = "GET", .target = "/"});
    CHECK_FALSE(answer);
    CHECK_FALSE(answer.presented);
    CHECK(answer.challenge == "Bearer realm=\"events\"");
    CHECK(answer.detail == "no credentials");
}

TEST_CASE("the client of a bad token is told nothing but that, and the journal why") {
    for (const std::string bad : {"", "a.b.c", "..", "x"}) {
        const Authentication answer = authenticator().authenticate(showing(bad));
        CHECK_FALSE(answer);
        CHECK(answer.presented);
        CHECK(answer.challenge == "Bearer realm=\"events\", error=\"invalid_token\"");
        CHECK_THAT(answer.detail, Catch::StartsWith("malformed token: "));
    }
}

TEST_CASE("tokens that differ are refused, also when one is good") {
    HttpRequest request = showing(good);
    request.headers.emplace_back("Sec-WebSocket-Protocol", "bearer.other");
    const Authentication answer = authenticator().authenticate(request);
    CHECK_FALSE(answer);
    CHECK(answer.presented);
    CHECK(answer.detail == "several tokens, which differ");
    CHECK(answer.challenge == "Bearer realm=\"events\", error=\"invalid_token\"");
}

TEST_CASE("a new token is judged like the first") {
    JwtAuthenticator judge = authenticator();
    CHECK(judge.refresh(good).identity->subject == "anna");
    CHECK(judge.refresh("").detail == "malformed token: not three parts");
}

TEST_CASE("time is that of the options' clock") {
    WallTime now = noon;
    JwtAuthenticator judge = authenticator({.clock = [&now] { return now; }});
    now += 59s;
    CHECK(judge.refresh(good).expires_in == 1s);
    now += 31s;
    CHECK(judge.refresh(good).detail == "expired");
    JwtAuthenticator of_today = authenticator(JwtOptions{});
    CHECK(of_today.refresh(good).detail == "expired");
}

TEST_CASE("failures are counted for whom the token names, right or not") {
    JwtAuthenticator judge = authenticator();
    CHECK(judge.account(showing(good)) == "anna");
    CHECK(judge.account(showing(good + "x")) == "anna");
    CHECK(judge.account(showing("x")).empty());
    CHECK(judge.account(HttpRequest{}).empty());
}

TEST_CASE("the application does not see the token") {
    UpgradeRequest request;
    request.headers = {{"Authorization", "Bearer t"}, {"Host", "here"}};
    authenticator().redact(request);
    CHECK(request.headers == HttpHeaders{{"Host", "here"}});
}

TEST_CASE("a key that is put into the file lets its tokens in, and a file that is broken is told of") {
    const TemporaryFolder folder;
    const std::string path = folder.file("jwks.json");
    const auto write = [&](std::string_view id) {
        std::ofstream{path} << R"({"keys":[{"kty":"oct","alg":"HS256","kid":")" << id << R"(","k":")" << base64url(secret) << "\"}]}";
    };
    const auto named = [](std::string_view id) {
        return token(JwtAlgorithm::hs256, R"({"alg":"HS256","kid":")" + std::string{id} + "\"}", plain_claims);
    };
    write("1");
    WallTime now = noon;
    JwtAuthenticator judge{{.clock = [&now] { return now; }}, JwksFile{{.path = path}}};
    CHECK(judge.refresh(named("1")));
    write("2");
    CHECK(judge.refresh(named("2")));
    CHECK(judge.refresh(named("1")).detail == "unknown key: \"1\"");
    std::ofstream{path} << "{";
    now += 61s;
    CHECK_FALSE(judge.refresh(named("2") + "x"));
    CHECK(judge.refresh(named("3")).detail == "unknown key: \"3\"; \"" + path + "\" could not be reloaded: the JWK Set is not JSON");
    write("3");
    CHECK(judge.keys().reload(now));
    CHECK(judge.keys().trouble().empty());
}

TEST_CASE("options out of their ranges are refused") {
    CHECK_THROWS_AS(authenticator({.leeway = 301s}), InvalidOption);
    CHECK_THROWS_AS(authenticator({.clock = {}}), InvalidOption);
    for (const std::string realm : {"a\"b", "a\\b", "a\r\nb", "\xC3\xA9"}) CHECK_THROWS_AS(authenticator({.realm = realm}), InvalidOption);
    JwtOptions with_cookie;
    with_cookie.sources.cookie = "a b";
    CHECK_THROWS_AS(authenticator(with_cookie), InvalidOption);
}
