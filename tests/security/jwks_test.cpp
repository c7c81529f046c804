#include <kingbolt/security/jwks.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "support/temporary_folder.hpp"
#include "tokens.hpp"

using namespace kingbolt;
using namespace kingbolt::test;
using namespace std::chrono_literals;

namespace {

std::string number(const Pair& pair, const char* parameter) {
    BIGNUM* value = nullptr;
    REQUIRE(EVP_PKEY_get_bn_param(pair.get(), parameter, &value) == 1);
    const security::Bignum owned{value};
    std::string text(static_cast<std::size_t>(BN_num_bytes(value)), '\0');
    BN_bn2bin(value, reinterpret_cast<unsigned char*>(text.data()));
    return text;
}
std::string padded(std::string text) { return std::string(32 - text.size(), '\0') + text; }

std::string oct_jwk(std::string_view more) { return R"({"kty":"oct","k":")" + base64url(secret) + '"' + std::string{more} + "}"; }
std::string rsa_jwk(std::string_view more, const Pair& pair = rsa_pair()) {
    return R"({"kty":"RSA","n":")" + base64url(number(pair, "n")) + R"(","e":")" + base64url(number(pair, "e")) + '"' + std::string{more} +
           "}";
}
std::string ec_jwk(std::string_view more) {
    return R"({"kty":"EC","crv":"P-256","x":")" + base64url(padded(number(p256_pair(), "qx"))) + R"(","y":")" +
           base64url(padded(number(p256_pair(), "qy"))) + '"' + std::string{more} + "}";
}
std::string okp_jwk(std::string_view more) {
    std::string x(32, '\0');
    std::size_t size = x.size();
    REQUIRE(EVP_PKEY_get_raw_public_key(ed25519_pair().get(), reinterpret_cast<unsigned char*>(x.data()), &size) == 1);
    return R"({"kty":"OKP","crv":"Ed25519","x":")" + base64url(x) + '"' + std::string{more} + "}";
}
std::string set_of(std::string_view keys) { return R"({"keys":[)" + std::string{keys} + "]}"; }

std::string trouble(std::string_view text, std::optional<JwtAlgorithm> fallback = {}) {
    try {
        security::jwk_set(text, fallback);
    } catch (const std::invalid_argument& failure) {
        return failure.what();
    }
    return {};
}

struct KeyFile {
    TemporaryFolder folder;
    std::string path = folder.file("jwks.json");
    void write(std::string_view text) const { std::ofstream{path, std::ios::binary} << text; }
};

}  // namespace

TEST_CASE("a JWK Set gives keys of all four types, each with its id and algorithm") {
    const auto keys =
        security::jwk_set(set_of(oct_jwk(R"(,"kid":"o","alg":"HS512")") + "," + rsa_jwk(R"(,"kid":"r","alg":"RS256","use":"sig")") + "," +
                                 rsa_jwk(R"(,"kid":"p","alg":"PS256","key_ops":["verify"])") + "," + ec_jwk(R"(,"kid":"e","alg":"ES256")") +
                                 "," + okp_jwk(R"(,"kid":"d","alg":"EdDSA")")),
                          {});
    REQUIRE(keys.size() == 5);
    std::string ids;
    for (const VerificationKey& key : keys) {
        ids += key.id();
        CHECK(key.verify("text", is_symmetric(key.algorithm()) ? hmac(key.algorithm(), secret, "text")
                                                               : signature(key.algorithm(), pair_for(key.algorithm()), "text")));
    }
    CHECK(ids == "orped");
}

TEST_CASE("a key that names no algorithm has that of the configuration, and without one there is none") {
    CHECK(security::jwk_set(set_of(rsa_jwk("")), JwtAlgorithm::ps256).front().algorithm() == JwtAlgorithm::ps256);
    CHECK(trouble(set_of(rsa_jwk(""))) == "key 1: `alg` is missing, and JwksOptions.algorithm says nothing");
    // The configuration does not overrule what the key says.
    CHECK(security::jwk_set(set_of(rsa_jwk(R"(,"alg":"RS256")")), JwtAlgorithm::ps256).front().algorithm() == JwtAlgorithm::rs256);
}

TEST_CASE("keys that are for others are passed over") {
    for (const char* const other : {R"(,"alg":"RS512")", R"(,"alg":"RS256","use":"enc")", R"(,"alg":"RS256","key_ops":["encrypt"])"}) {
        CAPTURE(other);
        CHECK(security::jwk_set(set_of(rsa_jwk(other) + "," + okp_jwk(R"(,"alg":"EdDSA")")), {}).size() == 1);
    }
    CHECK(security::jwk_set(set_of(R"({"kty":"new","x":1},)" + okp_jwk(R"(,"alg":"EdDSA")")), {}).size() == 1);
}

TEST_CASE("a key that is ours and wrong makes the set invalid, and the reason names it") {
    const Pair weak{EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{1024})};
    const std::string short_secret = R"({"kty":"oct","alg":"HS256","kid":"a\nb","k":"c2hvcnQ"})";
    CHECK(trouble(set_of(short_secret))
              .starts_with(R"(key 1 "a\x0ab": VerificationKey.secret = 5 bytes is out of range (32 bytes or more for HS256))"));
    CHECK(trouble(set_of(rsa_jwk(R"(,"alg":"RS256")") + "," + rsa_jwk(R"(,"alg":"RS256")", weak)))
              .starts_with("key 2: VerificationKey.public_key = RSA of 1024 bits"));
    CHECK(trouble(set_of(rsa_jwk(R"(,"alg":"ES256")")))
              .starts_with("key 1: VerificationKey.public_key = RSA is out of range (EC over prime256v1 for ES256)"));
    CHECK(trouble(set_of(oct_jwk(R"(,"alg":"RS256")"))).starts_with("key 1: VerificationKey.algorithm = RS256"));
    CHECK(trouble(set_of(rsa_jwk(R"(,"alg":"HS256")"))).starts_with("key 1: VerificationKey.public_key = RSA is out of range (a secret"));
    CHECK(trouble(set_of(rsa_jwk(R"(,"alg":"RS256","d":"AQAB")"))) == "key 1: it is a private key: to verify, the public half is enough");
    CHECK(trouble(set_of(R"({"kty":"RSA","alg":"RS256","e":"AQAB"})")) == "key 1: `n` is missing or is not base64url");
    CHECK(trouble(set_of(R"({"kty":"RSA","alg":"RS256","n":"AQ==","e":"AQAB"})")) == "key 1: `n` is missing or is not base64url");
    CHECK(trouble(set_of(R"({"kty":"RSA","alg":"RS256","n":")" + std::string(3000, 'A') + R"(","e":"AQAB"})")) ==
          "key 1: a number is longer than 16384 bits");
    CHECK(trouble(set_of(R"({"kty":"EC","alg":"ES256","crv":"P-384"})")) == "key 1: `crv` is not P-256");
    CHECK(trouble(set_of(R"({"kty":"EC","alg":"ES256","crv":"P-256","x":"AQAB"})")) == "key 1: `x` has 3 bytes, not 32");
    const std::string ones = base64url(std::string(32, '\x01'));
    CHECK(trouble(set_of(R"({"kty":"EC","alg":"ES256","crv":"P-256","x":")" + ones + R"(","y":")" + ones + "\"}")) ==
          "key 1: its numbers make no public key");
    CHECK(trouble(set_of(R"({"kty":"OKP","alg":"EdDSA","crv":"Ed448"})")) == "key 1: `crv` is not Ed25519");
    CHECK(trouble(set_of(R"({"kty":"OKP","alg":"EdDSA","crv":"Ed25519","x":7})")) == "key 1: `x` is not a string");
    CHECK(trouble(set_of(R"({"alg":"EdDSA"})")) == "key 1: `kty` is missing");
    CHECK(trouble(set_of(R"({"kty":"oct","key_ops":"verify"})")) == "key 1: `key_ops` is not an array");
    CHECK(trouble(set_of("7")) == "key 1: it is not an object");
    CHECK(trouble("[]") == "the JWK Set is not a JSON object");
    CHECK(trouble(R"({"keys":{}})") == "the JWK Set has no array `keys`");
    CHECK(trouble(R"({"keys":[],"keys":[]})") == "the JWK Set names a member twice");
}

TEST_CASE("of several keys each has an id of its own, because a token can mean one only") {
    const VerificationKey a = key_for(JwtAlgorithm::hs256, "a"), nameless = key_for(JwtAlgorithm::hs256);
    CHECK_THROWS_AS(KeySet{{}}, InvalidOption);
    CHECK_THROWS_WITH((KeySet{{a, a}}), Catch::Contains("two keys \"a\""));
    CHECK_THROWS_WITH((KeySet{{a, nameless}}), Catch::Contains("a key without an id"));
}

TEST_CASE("a token's key id is looked up, and a single key may do without") {
    const VerificationKey a = key_for(JwtAlgorithm::hs256, "a"), b = key_for(JwtAlgorithm::hs256, "b"),
                          nameless = key_for(JwtAlgorithm::hs256);
    const KeySet two{{a, b}}, one{{a}}, any{{nameless}};
    CHECK(two.find("b", noon)->id() == "b");
    CHECK(two.find("c", noon) == nullptr);
    CHECK(two.find({}, noon) == nullptr);
    CHECK(two.find("", noon) == nullptr);
    CHECK(one.find("a", noon) != nullptr);
    CHECK(one.find({}, noon) != nullptr);
    CHECK(one.find("b", noon) == nullptr);
    CHECK(any.find("b", noon) != nullptr);
    CHECK(any.find({}, noon) != nullptr);
}

TEST_CASE("a file that cannot be read, or holds no key, is refused at the start with the reason") {
    const KeyFile file;
    const auto opened = [&] { JwksFile{{.path = file.path}}; };
    CHECK_THROWS_WITH(opened(), Catch::Contains("the file cannot be read"));
    CHECK_THROWS_WITH((JwksFile{{.path = std::filesystem::path{file.path}.parent_path()}}), Catch::Contains("the file cannot be read"));
    file.write("{");
    CHECK_THROWS_WITH(opened(), Catch::Contains("the JWK Set is not JSON"));
    file.write(set_of(""));
    CHECK_THROWS_WITH(opened(), Catch::Contains("KeySet.keys = none"));
    file.write(std::string(1024 * 1024 + 1, ' '));
    CHECK_THROWS_WITH(opened(), Catch::Contains("larger than 1 MiB"));
    file.write(set_of(okp_jwk(R"(,"alg":"EdDSA","kid":"1")")));
    CHECK_NOTHROW(opened());
}

TEST_CASE("an unknown key id lets the file be read again, at most once a minute") {
    const KeyFile file;
    const auto write = [&](std::string_view id) { file.write(set_of(okp_jwk(R"(,"alg":"EdDSA","kid":")" + std::string{id} + '"'))); };
    write("1");
    JwksFile keys{{.path = file.path}};
    CHECK(keys.find("1", noon) != nullptr);
    write("2");
    CHECK(keys.find("1", noon) != nullptr);  // it is known, so nobody looks
    CHECK(keys.find("2", noon) != nullptr);
    CHECK(keys.find("1", noon) == nullptr);
    write("3");
    CHECK(keys.find("3", noon + 59s) == nullptr);
    CHECK(keys.find("3", noon + 60s) != nullptr);
    write("4");
    CHECK(keys.find("4", noon - 24h) != nullptr);  // the clock was set back
}

TEST_CASE("a token that names no key does not let the file be read") {
    const KeyFile file;
    file.write(set_of(okp_jwk(R"(,"alg":"EdDSA","kid":"1")") + "," + oct_jwk(R"(,"alg":"HS256","kid":"2")")));
    JwksFile keys{{.path = file.path}};
    file.write("{");
    CHECK(keys.find({}, noon) == nullptr);
    CHECK(keys.trouble().empty());
}

TEST_CASE("a file that has become unreadable or wrong leaves the old keys, and says why until it is right again") {
    const KeyFile file;
    file.write(set_of(okp_jwk(R"(,"alg":"EdDSA","kid":"1")")));
    JwksFile keys{{.path = file.path}};
    file.write(R"({"keys":[)");
    CHECK(keys.find("2", noon) == nullptr);
    CHECK(keys.trouble() == "\"" + file.path + "\" could not be reloaded: the JWK Set is not JSON");
    CHECK(keys.find("1", noon) != nullptr);
    file.write(set_of(R"({"kty":"oct","alg":"HS256","kid":"9","k":"c2hvcnQ"})"));
    CHECK_FALSE(keys.reload(noon));
    CHECK_THAT(std::string{keys.trouble()}, Catch::Contains("could not be reloaded: key 1 \"9\": VerificationKey.secret = 5 bytes"));
    std::filesystem::remove(file.path);
    CHECK_FALSE(keys.reload(noon));
    CHECK_THAT(std::string{keys.trouble()}, Catch::Contains("the file cannot be read"));
    CHECK(keys.find("1", noon) != nullptr);
    file.write(set_of(okp_jwk(R"(,"alg":"EdDSA","kid":"1")")));
    CHECK(keys.reload(noon));  // as it was at the start
    CHECK(keys.trouble().empty());
    file.write(set_of(okp_jwk(R"(,"alg":"EdDSA","kid":"2")")));
    CHECK(keys.reload(noon));
    CHECK(keys.trouble().empty());
    CHECK(keys.find("1", noon) == nullptr);
    CHECK(keys.find("2", noon) != nullptr);
}
