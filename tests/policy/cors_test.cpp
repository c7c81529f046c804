#include <kingbolt/policy/cors.hpp>

#include <chrono>
#include <string>
#include <utility>

#include "support/catch.hpp"

using namespace kingbolt;
using namespace std::chrono_literals;

namespace {

const AllowedOrigins origins{.origins = {"https://a.example", "https://b.example"}};

HttpRequest preflight(std::string origin) {
    return {.method = "OPTIONS", .headers = {{"Origin", std::move(origin)}, {"Access-Control-Request-Method", "PUT"}}};
}

}  // namespace

TEST_CASE("an allowed page's preflight is told what it may do") {
    const CorsOptions options{.methods = {"GET", "PUT"}, .headers = {"Authorization", "X-Request-Id"}, .credentials = true, .max_age = 90s};
    options.validate();
    const auto response = cors_preflight(origins, preflight("https://b.example"), options);
    REQUIRE(response);
    CHECK(response->status == 204);
    CHECK(response->headers == HttpHeaders{{"Vary", "Origin"},
                                           {"Access-Control-Allow-Origin", "https://b.example"},
                                           {"Access-Control-Allow-Credentials", "true"},
                                           {"Access-Control-Allow-Methods", "GET, PUT"},
                                           {"Access-Control-Allow-Headers", "Authorization, X-Request-Id"},
                                           {"Access-Control-Max-Age", "90"}});
}

TEST_CASE("unless said otherwise, a page may GET, without credentials and without headers of its own") {
    const auto response = cors_preflight(origins, preflight("https://a.example"));
    REQUIRE(response);
    CHECK(response->headers == HttpHeaders{{"Vary", "Origin"},
                                           {"Access-Control-Allow-Origin", "https://a.example"},
                                           {"Access-Control-Allow-Methods", "GET, HEAD"},
                                           {"Access-Control-Max-Age", "600"}});
}

TEST_CASE("another page's preflight is refused and told nothing") {
    for (const char* origin : {"https://evil.example", "null", "https://a.example.evil.example", "*"}) {
        INFO(origin);
        const auto response = cors_preflight(origins, preflight(origin), {.credentials = true});
        REQUIRE(response);
        CHECK(response->status == 403);
        CHECK(response->headers == HttpHeaders{{"Vary", "Origin"}});
    }
}

TEST_CASE("what is no preflight is left to the application") {
    HttpRequest get = preflight("https://a.example");
    get.method = "GET";
    CHECK_FALSE(cors_preflight(origins, get));
    CHECK_FALSE(cors_preflight(origins, {.method = "OPTIONS", .headers = {{"Origin", "https://a.example"}}}));
    CHECK_FALSE(cors_preflight(origins, {.method = "OPTIONS", .headers = {{"Access-Control-Request-Method", "PUT"}}}));
}

TEST_CASE("an answer may be read by the page that asked, if it is allowed, and caches are told that it depends on it") {
    const auto headers = [](HttpHeaders request, const CorsOptions& options = {}) {
        HttpResponse response{.headers = {{"ETag", "1"}}};
        add_cors_headers(origins, {.method = "GET", .headers = std::move(request)}, response, options);
        return response.headers;
    };
    const HttpHeaders nothing{{"ETag", "1"}, {"Vary", "Origin"}};
    CHECK(headers({{"Origin", "https://a.example"}}) ==
          HttpHeaders{{"ETag", "1"}, {"Vary", "Origin"}, {"Access-Control-Allow-Origin", "https://a.example"}});
    CHECK(headers({{"Origin", "https://a.example"}}, {.credentials = true}) ==
          HttpHeaders{{"ETag", "1"},
                      {"Vary", "Origin"},
                      {"Access-Control-Allow-Origin", "https://a.example"},
                      {"Access-Control-Allow-Credentials", "true"}});
    CHECK(headers({}) == nothing);
    CHECK(headers({{"Origin", "https://evil.example"}}, {.credentials = true}) == nothing);
    CHECK(headers({{"Origin", "null"}}) == nothing);
    CHECK(headers({{"Origin", "https://a.example"}, {"Origin", "https://a.example"}}) == nothing);
}

TEST_CASE("CorsOptions names methods and headers, and no wildcard; a preflight is remembered for 0 to 24 h") {
    CHECK_NOTHROW(CorsOptions{}.validate());
    CHECK_NOTHROW((CorsOptions{.methods = {}, .max_age = 0s}.validate()));
    CHECK_NOTHROW((CorsOptions{.max_age = 24h}.validate()));
    CHECK_THROWS_AS((CorsOptions{.methods = {"*"}}.validate()), InvalidOption);
    CHECK_THROWS_AS((CorsOptions{.methods = {"GET\r\nX: y"}}.validate()), InvalidOption);
    CHECK_THROWS_AS((CorsOptions{.headers = {"*"}}.validate()), InvalidOption);
    CHECK_THROWS_AS((CorsOptions{.headers = {""}}.validate()), InvalidOption);
    CHECK_THROWS_AS((CorsOptions{.max_age = -1s}.validate()), InvalidOption);
    CHECK_THROWS_AS((CorsOptions{.max_age = 24h + 1ms}.validate()), InvalidOption);
}
