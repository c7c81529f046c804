#include <kingbolt/security/jwt_verifier.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "tokens.hpp"

using namespace kingbolt;
using namespace kingbolt::test;
using namespace std::chrono_literals;

namespace {

constexpr JwtAlgorithm hs256 = JwtAlgorithm::hs256;

JwtResult verify(std::string_view token, const ClaimRules& rules = {}, WallTime now = noon) {
    JwtVerifier verifier{rules, KeySet{{key_for(hs256)}}};
    return verifier.verify(token, now);
}
JwtResult with_header(std::string_view header) { return verify(token(hs256, header, plain_claims)); }
JwtResult with_claims(std::string_view claims, const ClaimRules& rules = {}, WallTime now = noon) {
    return verify(token(hs256, header_for(hs256), claims), rules, now);
}
/// Of a claim beside those that are right.
JwtResult with_claim(std::string_view claim, const ClaimRules& rules = {}) {
    return with_claims(R"({"exp":1700000060,)" + std::string{claim} + "}", rules);
}

}  // namespace

TEST_CASE("a token of each algorithm tells who its bearer is") {
    for (const JwtAlgorithm algorithm : all_algorithms) {
        CAPTURE(to_string(algorithm));
        JwtVerifier verifier{ClaimRules{}, KeySet{{key_for(algorithm)}}};
        const std::string claims = R"({"sub":"anna","jti":"7","scope":"read  write ","exp":1700000060,"x":[{}]})";
        const JwtResult result = verifier.verify(token(algorithm, header_for(algorithm), claims), noon);
        REQUIRE(result);
        CHECK(*result.identity ==
              Identity{.subject = "anna", .token_id = "7", .scopes = {"read", "write"}, .expires_at = noon + 60s, .claims = claims});
        CHECK(result.expires_in == 60s);
        CHECK(result.error == JwtError::none);
        CHECK(result.detail.empty());
    }
}

TEST_CASE("a token has three parts in base64url and at most 8 KiB") {
    const std::string good = token(hs256, header_for(hs256), plain_claims);
    CHECK(verify(good));
    for (const std::string& bad :
         {std::string{}, std::string{"."}, std::string{"a"}, good.substr(0, good.rfind('.')), good + ".", "." + good, good + ".a.b"})
        CHECK(verify(bad).detail == "malformed token: not three parts");
    for (const std::string& bad : {good + "=", " " + good, good + "\n", "!" + good})
        CHECK(verify(bad).detail == "malformed token: not base64url");
    CHECK(verify("..").detail == "malformed token: the header is not JSON");
    const auto padded = [](std::size_t spaces) { return token(hs256, header_for(hs256), plain_claims + std::string(spaces, ' ')); };
    std::size_t spaces = 8192 * 3 / 4 - 150;
    while (padded(spaces + 1).size() <= 8192) ++spaces;
    CHECK(verify(padded(spaces)));
    CHECK(verify(padded(spaces + 3)).detail == "malformed token: larger than 8 KiB");
}

TEST_CASE("header and payload are strict JSON objects") {
    for (const auto& [json, trouble] : {std::pair{R"({"alg":"HS256"} x)", "is not JSON"},
                                        {R"(["alg"])", "is not a JSON object"},
                                        {R"({"alg":"none","alg":"HS256"})", "names a member twice"},
                                        {"{\"alg\":\"HS256\",\"x\":\"\xFF\"}", "is not UTF-8"},
                                        {R"({"alg":"HS256","x":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]})", "is nested more than 16 deep"}}) {
        CHECK(with_header(json).detail == std::string{"malformed token: the header "} + trouble);
        CHECK(with_claims(json).detail == std::string{"malformed token: the payload "} + trouble);
    }
    CHECK(with_claim(R"("sub":"anna","sub":"root")").detail == "malformed token: the payload names a member twice");
}

TEST_CASE("the payload is not looked at before the signature is right") {
    std::string bad = token(hs256, header_for(hs256), "no JSON");
    bad.back() = bad.back() == 'A' ? 'E' : 'A';
    CHECK(verify(bad).error == JwtError::bad_signature);
}

TEST_CASE("`alg` has to be the algorithm of the key, byte by byte") {
    for (const std::string name : {"none", "None", "NONE", "nOnE", "", "hs256", "HS256 ", "HS", "RS512", "ES512"})
        CHECK(with_header(R"({"alg":")" + name + "\"}").detail == "refused algorithm: not one of those that are offered");
    for (const std::string header : {"{}", R"({"alg":null})", R"({"alg":["HS256"]})", R"({"alg":0})", R"({"ALG":"HS256"})"})
        CHECK(with_header(header).error == JwtError::algorithm_refused);
    CHECK(with_header(R"({"alg":"HS512"})").detail == "refused algorithm: the key is for HS256");
    CHECK(with_header(R"({"alg":"RS256"})").detail == "refused algorithm: the key is for HS256");
}

TEST_CASE("`crit` is refused: nothing that it could name is understood") {
    for (const std::string crit : {R"(["b64"])", R"(["exp"])", "[]", "null", "\"\""})
        CHECK(with_header(R"({"alg":"HS256","crit":)" + crit + "}").detail == "refused header: `crit`");
}

TEST_CASE("`typ` is JWT or at+jwt, in any case, or is not there") {
    for (const std::string type : {"JWT", "jwt", "at+jwt", "AT+JWT"}) CHECK(with_header(R"({"alg":"HS256","typ":")" + type + "\"}"));
    for (const std::string type : {"\"\"", "\"JWE\"", "\"dpop+jwt\"", "\"logout+jwt\"", "7", "null"})
        CHECK(with_header(R"({"alg":"HS256","typ":)" + type + "}").error == JwtError::header_refused);
}

TEST_CASE("`kid` is a name to be looked up, and shown in short and harmless form when it is unknown") {
    JwtVerifier verifier{ClaimRules{}, KeySet{{key_for(hs256, "a"), key_for(JwtAlgorithm::es256, "b")}}};
    const auto of = [&](std::string_view header, JwtAlgorithm algorithm) {
        return verifier.verify(token(algorithm, header, plain_claims), noon);
    };
    CHECK(of(R"({"alg":"HS256","kid":"a"})", hs256));
    CHECK(of(R"({"alg":"ES256","kid":"b"})", JwtAlgorithm::es256));
    CHECK(of(R"({"alg":"HS256","kid":"b"})", hs256).error == JwtError::algorithm_refused);
    CHECK(of(R"({"alg":"HS256"})", hs256).detail == "unknown key: no `kid`, and several keys");
    CHECK(of(R"({"alg":"HS256","kid":7})", hs256).detail == "refused header: `kid` is not a string");
    CHECK(of(R"({"alg":"HS256","kid":"../../dev/null\n\u001b[31m"})", hs256).detail == R"(unknown key: "../../dev/null\x0a\x1b[31m")");
    CHECK(of(R"({"alg":"HS256","kid":")" + std::string(100, 'k') + "\"}", hs256).detail ==
          "unknown key: \"" + std::string(64, 'k') + "\"+36 bytes");
}

TEST_CASE("`exp` is required, and holds with the leeway") {
    CHECK(with_claims(R"({"sub":"anna"})").detail == "refused claim: `exp` is missing");
    CHECK(with_claims(plain_claims, {}, noon + 60s).expires_in == 0s);
    CHECK(with_claims(plain_claims, {}, noon + 90s - 1ns));
    CHECK(with_claims(plain_claims, {}, noon + 90s - 1ns).expires_in == -30s + 1ns);
    CHECK(with_claims(plain_claims, {}, noon + 90s).error == JwtError::expired);
    CHECK(with_claims(plain_claims, {.leeway = 0s}, noon + 60s - 1ns).expires_in == 1ns);
    CHECK(with_claims(plain_claims, {.leeway = 0s}, noon + 60s).error == JwtError::expired);
}

TEST_CASE("`nbf` and `iat` may be as far in the future as the leeway") {
    for (const std::string name : {"nbf", "iat"}) {
        CHECK(with_claim('"' + name + "\":1700000030"));
        const JwtResult early = with_claim('"' + name + "\":1700000031");
        CHECK(early.error == JwtError::not_yet_valid);
        CHECK(early.detail == "not yet valid: `" + name + "` is in the future");
        CHECK(with_claim('"' + name + "\":0"));
    }
}

TEST_CASE("a date is a whole number of seconds, from 1970 to 2242") {
    for (const std::string name : {"exp", "nbf", "iat"})
        for (const std::string value :
             {"1700000000.5", "1.7e9", "1700000060.0", "\"1700000060\"", "-1", "null", "true", "[1700000060]", "{}", "8589934592",
              "9223372036854775807", "9223372036854775808", "18446744073709551616", "-9223372036854775808", "1e300"}) {
            CAPTURE(name, value);
            CHECK(with_claims(name == "exp" ? R"({"exp":)" + value + "}" : R"({"exp":1700000060,")" + name + "\":" + value + "}").detail ==
                  "refused claim: `" + name + "` is not a whole number of seconds from 1970 to 2242");
        }
    CHECK(with_claims(R"({"exp":8589934591})"));
}

TEST_CASE("`iss` is required once an issuer is configured") {
    const ClaimRules rules{.issuer = "https://id.example.org"};
    CHECK(with_claim(R"("iss":"https://id.example.org")", rules));
    CHECK(with_claim(R"("iss":"https://id.example.org/")", rules).detail == "wrong issuer");
    CHECK(with_claims(plain_claims, rules).detail == "wrong issuer: `iss` is missing");
    CHECK(with_claim(R"("iss":["https://id.example.org"])", rules).detail == "refused claim: `iss` is not a string");
    CHECK(with_claim(R"("iss":"anybody")"));
}

TEST_CASE("`aud` is required once an audience is configured, and without one a token for somebody is refused") {
    const ClaimRules rules{.audience = "events"};
    CHECK(with_claim(R"("aud":"events")", rules));
    CHECK(with_claim(R"("aud":["other","events"])", rules));
    CHECK(with_claim(R"("aud":"event")", rules).detail == "wrong audience");
    CHECK(with_claim(R"("aud":["other"])", rules).detail == "wrong audience");
    CHECK(with_claim(R"("aud":[])", rules).error == JwtError::wrong_audience);
    CHECK(with_claims(plain_claims, rules).detail == "wrong audience: `aud` is missing");
    for (const std::string value : {"7", "null", "{}", R"(["events",7])"})
        CHECK(with_claim("\"aud\":" + value, rules).detail == "refused claim: `aud` is neither a string nor an array of strings");
    CHECK(with_claim(R"("aud":"events")").detail == "wrong audience: there is an `aud`, and JwtOptions.audience is empty");
}

TEST_CASE("scopes come from `scope`, `scp` or `scopes`, the first that is there") {
    const auto scopes = [](std::string_view claim) {
        const JwtResult result = with_claim(claim);
        REQUIRE(result);
        return result.identity->scopes;
    };
    using Words = std::vector<std::string>;
    CHECK(scopes(R"("scope":"a b")") == Words{"a", "b"});
    CHECK(scopes(R"("scp":["a","b c"])") == Words{"a", "b", "c"});
    CHECK(scopes(R"("scopes":["a"],"scp":"b")") == Words{"b"});
    CHECK(scopes(R"("scopes":["a"])") == Words{"a"});
    CHECK(scopes(R"("scope":"","scopes":["admin"])").empty());
    CHECK(with_claim(R"("scope":{"a":1})").detail == "refused claim: `scope` is neither a string nor an array of strings");
}

TEST_CASE("`sub` and `jti` are strings or are not there") {
    for (const std::string name : {"sub", "jti"})
        for (const std::string value : {"7", "null", "[]"})
            CHECK(with_claim('"' + name + "\":" + value).detail == "refused claim: `" + name + "` is not a string");
    CHECK(with_claim(R"("x":1)").identity->subject.empty());
}

TEST_CASE("the leeway is at most five minutes") {
    for (const std::chrono::seconds leeway : {-1s, 301s}) CHECK_THROWS_AS(verify("", {.leeway = leeway}), InvalidOption);
    CHECK_NOTHROW(verify("", {.leeway = 300s}));
}

TEST_CASE("an unverified subject is read from whatever can be read, 64 bytes of it") {
    const auto subject = [](std::string_view claims) { return security::unverified_subject("x." + base64url(claims) + ".x"); };
    CHECK(subject(R"({"sub":"anna"})") == "anna");
    CHECK(subject(R"({"sub":")" + std::string(63, 'a') + "\u00e9\"}") == std::string(63, 'a'));
    for (const std::string claims : {"", "{}", R"({"sub":7})", R"({"sub":"a","sub":"b"})", "[]"}) CHECK(subject(claims).empty());
    CHECK(security::unverified_subject("").empty());
    CHECK(security::unverified_subject("a.b").empty());
}
