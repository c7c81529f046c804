// The examples of the standards, signed by others.

#include <kingbolt/security/jwk.hpp>
#include <kingbolt/security/jwt_verifier.hpp>

#include <chrono>
#include <string>
#include <string_view>

#include "tokens.hpp"

using namespace kingbolt;
using namespace kingbolt::test;
using namespace std::chrono_literals;

namespace {

constexpr WallTime in_2011{std::chrono::seconds{1'300'819'000}};  // the examples' `exp` is 1300819380

KeySet keys(std::string_view jwk, JwtAlgorithm algorithm) {
    return KeySet{security::jwk_set(R"({"keys":[)" + std::string{jwk} + "]}", algorithm)};
}

JwtResult verify(std::string_view jwk, JwtAlgorithm algorithm, std::string_view token, WallTime now = in_2011) {
    JwtVerifier verifier{ClaimRules{.issuer = "joe"}, keys(jwk, algorithm)};
    return verifier.verify(token, now);
}

const std::string payload = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

void is_joe(const JwtResult& result) {
    CAPTURE(result.detail);
    REQUIRE(result);
    CHECK(result.expires_in == 380s);
    CHECK(result.identity->claims == "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}");
}

}  // namespace

TEST_CASE("RFC 7515 A.1: HS256") {
    const std::string_view jwk =
        R"({"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"})";
    const std::string token = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." + payload + ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    is_joe(verify(jwk, JwtAlgorithm::hs256, token));
    CHECK(verify(jwk, JwtAlgorithm::hs256, token, in_2011 + 1h).error == JwtError::expired);
    CHECK(verify(jwk, JwtAlgorithm::hs512, token).error == JwtError::algorithm_refused);
}

TEST_CASE("RFC 7515 A.2: RS256") {
    const std::string_view jwk =
        R"({"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZ)"
        R"(S-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uD)"
        R"(Zlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"})";
    is_joe(verify(
        jwk, JwtAlgorithm::rs256,
        "eyJhbGciOiJSUzI1NiJ9." + payload +
            ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQ"
            "jbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZ"
            "ESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"));
}

TEST_CASE("RFC 7515 A.3: ES256") {
    is_joe(verify(
        R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})",
        JwtAlgorithm::es256,
        "eyJhbGciOiJFUzI1NiJ9." + payload + ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"));
}

TEST_CASE("RFC 7515 A.4: ES512, which is not offered") {
    CHECK_THROWS_WITH(
        keys(R"({"kty":"EC","crv":"P-521","x":"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk",)"
             R"("y":"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2"})",
             JwtAlgorithm::es256),
        Catch::Contains("`crv` is not P-256"));
    const std::string token = "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA." + std::string(176, 'A');
    JwtVerifier verifier{ClaimRules{}, KeySet{{key_for(JwtAlgorithm::es256)}}};
    CHECK(verifier.verify(token, noon).error == JwtError::algorithm_refused);
}

TEST_CASE("RFC 8037 A.4: Ed25519, of a payload that is no JSON") {
    const std::string_view jwk = R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})";
    const std::string_view token =
        "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
        ".hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    const auto parts = security::token_parts(token);
    REQUIRE(parts);
    const auto set = keys(jwk, JwtAlgorithm::eddsa);
    CHECK(set.find({}, noon)->verify(token.substr(0, token.rfind('.')), *engine::base64url_decoded((*parts)[2])));
    CHECK(verify(jwk, JwtAlgorithm::eddsa, token).detail == "malformed token: the payload is not JSON");
}

TEST_CASE("RFC 7519 6.1: an unsecured JWT is refused") {
    const std::string token = "eyJhbGciOiJub25lIn0." + payload + ".";
    JwtVerifier verifier{ClaimRules{}, KeySet{{key_for(JwtAlgorithm::hs256)}}};
    CHECK(verifier.verify(token, in_2011).error == JwtError::algorithm_refused);
}
