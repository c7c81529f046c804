#include <kingbolt/policy/allowed_origins.hpp>

#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "support/catch.hpp"

using namespace kingbolt;

namespace {

HttpRequest from(std::string origin, std::string host = "a.example") {
    return {.headers = {{"Host", std::move(host)}, {"Origin", std::move(origin)}}};
}

const AllowedOrigins origins{.origins = {"https://a.example", "http://b.example:8080", "http://[::1]:3000", "chrome-extension://abcdef"}};

}  // namespace

TEST_CASE("an origin is a scheme, a host and a port, and one that goes without saying is filled in") {
    CHECK(WebOrigin::parse("https://a.example") == WebOrigin{"https", "a.example", 443});
    CHECK(WebOrigin::parse("https://a.example:443") == WebOrigin::parse("HTTPS://A.Example"));
    CHECK(WebOrigin::parse("http://a.example:80") == WebOrigin{"http", "a.example", 80});
    CHECK(WebOrigin::parse("http://[2001:DB8::1]:81") == WebOrigin{"http", "[2001:db8::1]", 81});
    CHECK(WebOrigin::parse("chrome-extension://abcdef") == WebOrigin{"chrome-extension", "abcdef", 0});
    CHECK(WebOrigin::parse("http://a.example") != WebOrigin::parse("https://a.example"));
}

TEST_CASE("what is not one whole origin is none") {
    for (const char* text : {"",
                             "null",
                             "a.example",
                             "//a.example",
                             "://a.example",
                             "https:/a.example",
                             "https://",
                             "https://:443",
                             "https://[]",
                             "https://[::1",
                             "https://a.example/",
                             "https://a.example/path",
                             "https://a.example?q",
                             "https://a.example#f",
                             "https://user@a.example",
                             "https://a.example:",
                             "https://a.example:0",
                             "https://a.example:0443",
                             "https://a.example:65536",
                             "https://a.example:44 3",
                             "https://a.example https://b.example",
                             "https://a.example, https://b.example",
                             "1http://a.example",
                             "ht tp://a.example",
                             " https://a.example",
                             "https://a.example ",
                             "https://a.example\t",
                             "https://https://a.example"}) {
        INFO(text);
        CHECK_FALSE(WebOrigin::parse(text));
    }
}

TEST_CASE("AnyOrigin allows every page") {
    static_assert(std::is_empty_v<AnyOrigin>);
    CHECK(AnyOrigin::check(from("https://evil.example")));
    CHECK(AnyOrigin::check(from("null")));
}

TEST_CASE("SameOrigin allows pages of the host that was asked, over whichever scheme they came") {
    static_assert(std::is_empty_v<SameOrigin>);
    CHECK(SameOrigin::check(from("https://a.example")));
    CHECK(SameOrigin::check(from("http://a.example")));
    CHECK(SameOrigin::check(from("https://a.example", "A.EXAMPLE:443")));
    CHECK(SameOrigin::check(from("http://a.example:8080", "a.example:8080")));
    CHECK(SameOrigin::check(from("http://[::1]:9002", "[::1]:9002")));
}

TEST_CASE("SameOrigin refuses pages of others, and what is no origin") {
    for (const char* origin : {"https://b.example", "https://a.example.b.example", "https://xa.example", "https://a.example:8443", "null",
                               "", "https://a.example/", "a.example"}) {
        INFO(origin);
        CHECK_FALSE(SameOrigin::check(from(origin)));
    }
    CHECK_FALSE(SameOrigin::check(from("http://a.example", "a.example:8080")));
    CHECK_FALSE(SameOrigin::check(from("http://a.example", "a.example:443")));
    CHECK_FALSE(SameOrigin::check(from("http://a.example", "")));
    CHECK_FALSE(SameOrigin::check({.headers = {{"Origin", "http://a.example"}}}));
    CHECK_FALSE(SameOrigin::check({.headers = {{"Host", "a.example"}, {"Host", "a.example"}, {"Origin", "http://a.example"}}}));
    CHECK(SameOrigin::check(from("https://b.example")).detail == "Origin is not the host that was asked");
}

TEST_CASE("AllowedOrigins allows what is listed, in whatever way it is written") {
    for (const char* origin : {"https://a.example", "https://a.example:443", "HTTPS://A.EXAMPLE", "http://b.example:8080",
                               "http://[::1]:3000", "chrome-extension://abcdef"}) {
        INFO(origin);
        CHECK(origins.check(from(origin)));
    }
}

TEST_CASE("AllowedOrigins compares scheme, host and port, and takes no part for the whole") {
    for (const char* origin :
         {"http://a.example", "https://a.example:8443", "https://a.example:80", "http://b.example", "https://b.example:8080",
          "https://www.a.example", "https://a.example.evil.example", "https://evil-a.example", "https://aXexample", "https://a.example.",
          "https://a.example@evil.example", "https://evil.example/https://a.example", "https://evil.example?https://a.example",
          "https://a.exampl", "http://[::1]", "http://[::1]:3001", "chrome-extension://abcde"}) {
        INFO(origin);
        const OriginVerdict verdict = origins.check(from(origin));
        CHECK_FALSE(verdict);
        CHECK_FALSE(verdict.detail.empty());
    }
}

TEST_CASE("null, an empty Origin and more than one are refused") {
    CHECK(origins.check(from("null")).detail == "Origin is malformed, or null");
    CHECK(origins.check(from("")).detail == "Origin is malformed, or null");
    const HttpRequest twice{.headers = {{"Origin", "https://a.example"}, {"origin", "https://a.example"}}};
    CHECK(origins.check(twice).detail == "more than one Origin");
    CHECK(SameOrigin::check(twice).detail == "more than one Origin");
    CHECK_FALSE(AllowedOrigins{}.check(from("https://a.example")));
}

TEST_CASE("a request without Origin comes from no browser: allowed, unless one is required") {
    const HttpRequest request{.headers = {{"Host", "a.example"}}};
    CHECK(SameOrigin::check(request));
    CHECK(origins.check(request));
    const AllowedOrigins strict{.origins = {"https://a.example"}, .require = true};
    CHECK(strict.check(request).detail == "no Origin");
    CHECK(strict.check(from("https://a.example")));
}

TEST_CASE("AllowedOrigins.origins are whole origins, and no patterns") {
    CHECK_NOTHROW(origins.validate());
    CHECK_NOTHROW(AllowedOrigins{}.validate());
    for (const char* origin : {"", "null", "*", "https://*", "https://*.a.example", "a.example", "https://a.example/",
                               "https://a.example/path", "https://a.example:0", "//a.example"}) {
        INFO(origin);
        try {
            AllowedOrigins{.origins = {"https://b.example", origin}}.validate();
            FAIL_CHECK("accepted");
        } catch (const InvalidOption& error) {
            CHECK(error.option() == "AllowedOrigins.origins");
            CHECK(error.value() == origin);
        }
    }
    CHECK_THROWS_AS((AllowedOrigins{.origins = std::vector<std::string>(1'001, "https://a.example")}.validate()), InvalidOption);
}
